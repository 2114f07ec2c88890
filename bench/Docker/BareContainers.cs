using System.Collections.Concurrent;
using System.Diagnostics;
using BuildFarm.Bench.Worker;
using BuildFarm.TestKit;
using BuildFarm.Worker.Containers;
using BuildFarm.Worker.Containers.Docker;
using BuildFarm.Worker.Containers.Docker.Engine;
using BuildFarm.Worker.Containers.Seccomp;

namespace BuildFarm.Bench.Docker;

/// <summary>Containers with a task's settings that run <c>true</c>, by the three calls that it takes.</summary>
internal sealed class BareContainers : IDisposable
{
    private readonly DockerClient _client;
    private readonly ContainerSettings _settings;
    private readonly ConcurrentQueue<string> _ended = new();
    private int _made;

    private BareContainers(DockerClient client, ContainerSettings settings)
    {
        _client = client;
        _settings = settings;
    }

    public static async Task<BareContainers> StartAsync(DockerDaemon daemon)
    {
        var client = new DockerClient(daemon.Socket, TimeProvider.System);
        await client.PingAsync(CancellationToken.None);
        var recipe = new ContainerRecipe(daemon.Image, KeyValuePair.Create("buildfarm.bench", "bare"), []);
        var limits = new ContainerLimits(EngineUnderTest.MemoryBytes, CpuMillis: 1000, HardCpu: false, ScratchBytes: EngineUnderTest.MemoryBytes);
        var settings = recipe.Of(new ContainerClass(limits, Network: false, SeccompProfile.Default), cgroupParent: null);
        return new BareContainers(client, settings with { Entrypoint = ["true"], Cmd = null, OpenStdin = false, StdinOnce = false });
    }

    /// <summary>Runs one; it stays, to be removed later.</summary>
    public async Task<TimeSpan> RunAsync()
    {
        var started = Stopwatch.GetTimestamp();
        var id = (await _client.CreateAsync($"buildfarm-bench-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}", _settings, CancellationToken.None)).Value;
        if (await _client.StartAsync(id, CancellationToken.None) is { } error)
            throw new InvalidOperationException(error.Message);
        if ((await _client.WaitAsync(id, CancellationToken.None)).Value != 0)
            throw new InvalidOperationException("true failed");
        var elapsed = Stopwatch.GetElapsedTime(started);
        _ended.Enqueue(id);
        return elapsed;
    }

    public async Task RemoveOneAsync()
    {
        if (_ended.TryDequeue(out var id))
            await _client.RemoveAsync(id, CancellationToken.None);
    }

    public async Task RemoveAllAsync()
    {
        while (!_ended.IsEmpty)
            await RemoveOneAsync();
    }

    public void Dispose() => _client.Dispose();
}
