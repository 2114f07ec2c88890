using BuildFarm.Scheduling.Commands;
using BuildFarm.Scheduling.Effects;

namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>The calls of parents at a coordinator: who waits for which answer.</summary>
internal sealed class SimulatedFamilies
{
    private readonly Dictionary<JobId, SimulatedParent> _parents = [];
    private readonly Dictionary<long, JobId> _submits = [];
    private readonly Dictionary<long, SimulatedParent> _calls = [];
    private readonly Dictionary<long, TimeSpan> _arrivals = [];
    private long _last;

    public SubmitJob Submit(SimulatedParent parent, SubmitJob submit)
    {
        _parents[submit.Job] = parent;
        _submits[++_last] = submit.Job;
        return submit with { Correlation = _last };
    }

    public long Call(SimulatedParent parent, TimeSpan arrives)
    {
        _calls[++_last] = parent;
        _arrivals[_last] = arrives;
        return _last;
    }

    /// <summary>When a call comes to the coordinator.</summary>
    public TimeSpan ArrivalOf(long call) => _arrivals[call];

    public void Hang(long call) => _calls.Remove(call);

    public bool Accepted(JobId job)
    {
        if (_parents.TryGetValue(job, out var parent))
        {
            parent.Accepted(job);
            return true;
        }

        return false;
    }

    public bool Refused(SubmitRefused refused)
    {
        if (_submits.TryGetValue(refused.Correlation, out var child))
        {
            _parents[child].Refused(child);
            return true;
        }

        return false;
    }

    public void Answered(ChildWaitAnswered answered)
    {
        if (_calls.Remove(answered.Wait, out var parent))
        {
            parent.Answered(answered.Wait, answered.Answer);
        }
    }

    /// <summary>The coordinator died.</summary>
    public void Break()
    {
        var calls = _calls.ToArray();
        _calls.Clear();
        foreach (var (call, parent) in calls)
        {
            parent.Broken(call);
        }
    }
}
