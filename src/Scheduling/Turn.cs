using BuildFarm.Scheduling.Families;
using BuildFarm.Scheduling.Effects;
using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Queues;
using BuildFarm.Scheduling.State;

namespace BuildFarm.Scheduling;

/// <summary>
/// One command on its way through the scheduler: what it may read, where its events and effects go, and what later stages of the
/// same command still have to look at. One object serves all commands of a scheduler, because its lists would be a fifth of what a
/// decision allocates.
/// </summary>
internal sealed class Turn(SchedulerOptions options)
{
    private Action<Event> _emit = static _ => { };
    private List<Effect> _effects = [];

    public SchedulerState State { get; private set; } = null!;

    public SchedulerOptions Options { get; } = options;

    public SchedulerTime Now { get; private set; }

    /// <summary>Tasks that finished and whose dependents and job have not heard of it.</summary>
    public Queue<TaskRef> Settling { get; } = new();

    /// <summary>Workers that may have more room than before.</summary>
    public List<WorkerEntry> ToPlace { get; } = [];

    /// <summary>Queues whose head may fit somewhere though it did not before.</summary>
    public List<ExecutionQueue> ToTry { get; } = [];

    /// <summary>Executions that were queued, or that may stand elsewhere than before.</summary>
    public List<ExecutionEntry> ToWatch { get; } = [];

    /// <summary>What attempts that ended had of children and waits.</summary>
    public Queue<(Lease Parent, Family Family)> EndedFamilies { get; } = new();

    /// <summary>Attempts that run for too long.</summary>
    public List<Holding> ToCopy { get; } = [];

    /// <summary>Workers whose desired state changed.</summary>
    public List<WorkerEntry> ToTell { get; } = [];

    public IReadOnlyList<Effect> Effects => _effects;

    /// <summary>Begins another command, whatever became of the one before.</summary>
    public void Begin(SchedulerState state, SchedulerTime now, Action<Event> emit)
    {
        (State, Now, _emit, _effects) = (state, now, emit, []);
        Settling.Clear();
        ToPlace.Clear();
        ToTry.Clear();
        ToWatch.Clear();
        EndedFamilies.Clear();
        ToCopy.Clear();
        ToTell.Clear();
    }

    /// <summary>Changes the state, then tells the recorder.</summary>
    public void Emit(Event change)
    {
        ParentPolicy.Note(this, change);
        State.Apply(change);
        _emit(change);
    }

    public void Do(Effect effect) => _effects.Add(effect);

    public void Changed(TaskRef task) => _effects.Add(new TaskChanged(Views.JobViews.Of(task)));

    /// <summary>Every task that waits for an execution went on.</summary>
    public void WaitersChanged(ExecutionEntry execution)
    {
        foreach (var task in execution.Waiters)
        {
            Changed(task);
        }
    }

    public void Place(WorkerEntry worker) => Mark(worker, WorkerMarks.Place, ToPlace);

    public void Tell(WorkerEntry worker) => Mark(worker, WorkerMarks.Tell, ToTell);

    /// <summary>Has an execution that was just queued tried.</summary>
    public void Try(ExecutionEntry execution)
    {
        if (execution.Queue is null)
        {
            // It waits for exclusive names first.
            return;
        }

        ToWatch.Add(execution);

        // Executions of a queue fit together or not at all: when others were waiting in it, this one waits for what they wait for.
        if (execution.Queue.Count == 1)
        {
            ToTry.Add(execution.Queue);
        }
    }

    /// <summary>
    /// An execution may stand elsewhere than before. Its queue may be another one since, made for it; that one has not been tried.
    /// </summary>
    public void Moved(ExecutionEntry execution)
    {
        if (execution.Queue is null)
        {
            ToWatch.Add(execution);
        }
        else
        {
            Try(execution);
        }
    }

    private static void Mark(WorkerEntry worker, WorkerMarks mark, List<WorkerEntry> list)
    {
        if (!worker.Marks.HasFlag(mark))
        {
            worker.Marks |= mark;
            list.Add(worker);
        }
    }
}
