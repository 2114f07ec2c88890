namespace BuildFarm.Scheduling.Queues;

/// <summary>
/// The place of an execution among those that wait: priority first, then the older job, inside a job the longest expected first
/// (so that no long task is left alone at the end; unknown durations after known ones), then arrival.
/// </summary>
/// <param name="Priority">Higher first.</param>
/// <param name="Job">Sequence of the job.</param>
/// <param name="ExpectedTicks">Longer first.</param>
/// <param name="Arrival">Number of the execution.</param>
internal readonly record struct QueueKey(int Priority, long Job, long ExpectedTicks, long Arrival)
{
    public bool GoesBefore(in QueueKey other)
    {
        if (Priority != other.Priority)
        {
            return Priority > other.Priority;
        }

        if (Job != other.Job)
        {
            return Job < other.Job;
        }

        return ExpectedTicks != other.ExpectedTicks ? ExpectedTicks > other.ExpectedTicks : Arrival < other.Arrival;
    }
}
