using BuildFarm.Scheduling.Events;
using BuildFarm.Scheduling.Queues;

namespace BuildFarm.Scheduling.State;

/// <summary>How a worker has done lately, and its quarantine.</summary>
internal sealed class Conduct
{
    /// <summary>More than any limit on failures in a row, so that a streak costs no memory without end.</summary>
    public const int LongestStreak = 64;

    private readonly List<ExecutionId> _failed = [];

    public Conduct(WorkerEntry worker)
    {
        Worker = worker;
        Alarm = new Deadline(this);
    }

    public WorkerEntry Worker { get; }

    /// <summary>When its quarantine ends; set while it is in one.</summary>
    public Deadline Alarm { get; }

    /// <summary>
    /// Grows with each success and each new process of the worker: a failure of an older era is no longer held against it.
    /// </summary>
    public long Era { get; private set; }

    /// <summary>Executions that it failed in a row, each once.</summary>
    public IReadOnlyList<ExecutionId> Failed => _failed;

    /// <summary>What the last of them said.</summary>
    public string LastFailure { get; private set; } = "";

    /// <summary>It was in quarantine, and has not succeeded since: one failure sends it back.</summary>
    public bool OnProbation { get; private set; }

    /// <summary>Quarantines without a success between them.</summary>
    public int Times { get; private set; }

    /// <summary>Why it is in quarantine; null when it is not.</summary>
    public string? Reason { get; private set; }

    public DateTimeOffset Since { get; private set; }

    public TimeSpan Term { get; private set; }

    public RestoredConduct Snapshot => new()
    {
        Era = Era,
        Failed = [.. _failed],
        LastFailure = LastFailure,
        OnProbation = OnProbation,
        Times = Times,
        Reason = Reason,
        Since = Since,
        Term = Term,
    };

    public void Fail(ExecutionId execution, string message)
    {
        LastFailure = message;
        if (_failed.Count < LongestStreak && !_failed.Contains(execution))
        {
            _failed.Add(execution);
        }
    }

    public void Succeed()
    {
        BeginEra();
        OnProbation = false;
        Times = 0;
    }

    /// <summary>A new process may do better; one that comes back to its quarantine still serves its term.</summary>
    public void BeginEra()
    {
        Era++;
        _failed.Clear();
        LastFailure = "";
    }

    public void Confine(WorkerQuarantined quarantined)
    {
        Reason = quarantined.Reason;
        Since = quarantined.At;
        Term = quarantined.Term;
        Times++;
    }

    public void Release(bool onProbation)
    {
        Reason = null;
        Since = default;
        Term = default;
        OnProbation = onProbation;
        Times = onProbation ? Times : 0;
        BeginEra();
    }

    public void Restore(RestoredConduct restored)
    {
        Era = restored.Era;
        _failed.AddRange(restored.Failed);
        LastFailure = restored.LastFailure;
        OnProbation = restored.OnProbation;
        Times = restored.Times;
        Reason = restored.Reason;
        Since = restored.Since;
        Term = restored.Term;
    }
}
