namespace BuildFarm.Worker.Containers;

/// <summary>Runs containers: one a task, gone when it ends.</summary>
internal interface IContainerRuntime : IAsyncDisposable
{
    /// <summary>The name that <c>--isolation</c> and the platform property <c>isolation</c> use.</summary>
    string Name { get; }

    /// <summary>What runs the containers and why it was chosen, one line.</summary>
    string Description { get; }

    /// <summary>The id of an image that tasks see as their root; null where it is the worker's root.</summary>
    string? Image => null;

    /// <summary>How this runtime's containers get their inputs.</summary>
    WorkspaceKind WorkspaceKind { get; }

    /// <summary>It takes homes that are on disk: templates and kept ones.</summary>
    bool TakesHomes => false;

    /// <summary>It gives tasks secrets as files that are in memory and theirs alone.</summary>
    bool TakesSecrets => false;

    /// <summary>Tasks may make the system calls of their profile alone.</summary>
    bool FiltersSystemCalls => true;

    /// <summary>Nothing that a task has started outlives it.</summary>
    bool EndsEverything => true;

    /// <summary>The store's files are given to the tasks' user, because nothing shows them to it as its own.</summary>
    bool OwnsInputs => false;

    /// <summary>The user, as the host sees it, that owns what a task writes.</summary>
    TaskOwner Owner { get; }

    /// <summary>
    /// Raised with a reason, one line, when no container can be started for a while, and with an empty one when they can again; before
    /// anybody hears that a start failed for it.
    /// </summary>
    event Action<string>? UsableChanged
    {
        add { }
        remove { }
    }

    /// <summary>HOME of a task, as the task sees it.</summary>
    /// <param name="stateDirectory">The task's folder on the host.</param>
    string HomePath(string stateDirectory);

    /// <summary>TMPDIR of a task, as the task sees it.</summary>
    /// <param name="stateDirectory">The task's folder on the host.</param>
    string TemporaryPath(string stateDirectory);

    /// <summary>XDG_RUNTIME_DIR of a task, as the task sees it.</summary>
    /// <param name="stateDirectory">The task's folder on the host.</param>
    string RuntimePath(string stateDirectory);

    /// <summary>Prepares what all containers share and really runs one; called once, before any other method.</summary>
    /// <exception cref="RuntimeUnusableException">It does not work here; the message says what to do.</exception>
    Task ProbeAsync(CancellationToken cancellationToken);

    /// <summary>Starts a container. What a killed predecessor left of the same worker has been removed by <see cref="CleanUpAsync"/>.</summary>
    /// <exception cref="ContainerStartException">The runtime refused; the task is not to blame.</exception>
    Task<IRunningContainer> StartAsync(ContainerSpec spec, CancellationToken cancellationToken);

    /// <summary>Ends and removes every container of this worker that is not its own, left by a killed predecessor. Returns how many.</summary>
    Task<int> CleanUpAsync(CancellationToken cancellationToken);
}
