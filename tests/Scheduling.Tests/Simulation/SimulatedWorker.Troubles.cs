namespace BuildFarm.Scheduling.Tests.Simulation;

/// <summary>What goes wrong with a worker, by chance or because a test says so.</summary>
internal sealed partial class SimulatedWorker
{
    private (bool Out, bool In) _cut;
    private TimeSpan _pausedUntil;
    private TimeSpan _loopUntil;
    private bool _wedged;

    private bool IsPaused => _world.Now < _pausedUntil;

    /// <summary>It stands still, or did and has not looked at its clock since.</summary>
    private bool IsBehind => _beatAt <= _pausedUntil;

    /// <summary>Ends every trouble of this worker that it could not end itself.</summary>
    public void Heal()
    {
        (_cut, _draining, _wedged, _loopUntil) = (default, false, false, default);
        _pausedUntil = IsPaused ? _world.Now : _pausedUntil;
        foreach (var attempt in _attempts.Values.Where(_ => !_tellsProgress))
        {
            attempt.Stuck = false;
        }

        if (!_alive)
        {
            Restart();
        }
    }

    /// <summary>The process is gone at once, and what it ran with it.</summary>
    public void Kill()
    {
        _alive = false;
        _attempts.Clear();
        if (_stream is { } stream)
        {
            _coordinator.Break(stream);
        }

        _stream = null;
    }

    /// <summary>The process is gone, and a while later another takes its place.</summary>
    public void Crash()
    {
        Kill();
        _world.After(_world.Seconds(60), Restart);
    }

    /// <summary>A new process takes its place.</summary>
    public void Restart()
    {
        if (!_alive)
        {
            _alive = true;
            _incarnation++;
            _attempts.Clear();
            (_draining, _wedged, _evicted) = (false, false, false);
            Connect();
        }
    }

    /// <summary>Messages of these directions are lost from now on.</summary>
    public void Cut(bool outgoing, bool incoming) => _cut = (outgoing, incoming);

    /// <summary>The process stands still; what its containers run goes on.</summary>
    public void Pause(TimeSpan time) => _pausedUntil = _world.Now + time;

    /// <summary>It speaks and hears; nothing that runs here gets on or ends.</summary>
    public void Wedge() => _wedged = true;

    public void Drain()
    {
        _draining = true;
        Say();
    }

    /// <summary>Its stream breaks again and again for so long.</summary>
    public void BreakInALoop(TimeSpan time)
    {
        _loopUntil = _world.Now + time;
        if (_stream is { } stream)
        {
            BreakSoonInALoop(stream);
        }
    }

    /// <summary>Its machine goes: it drains, after the grace it ends what runs, and is gone.</summary>
    public void EvictNode(double graceSeconds, bool hasTimeToTell = true)
    {
        Drain();
        var incarnation = _incarnation;
        _world.After(graceSeconds, () =>
        {
            if (incarnation != _incarnation || !_alive)
            {
                return;
            }

            foreach (var attempt in _attempts.Values.Where(static a => a.Completion is null).ToList())
            {
                End(attempt);
            }

            _world.After(hasTimeToTell ? _world.Options.MaxDyingSeconds + 5 : 0, () =>
            {
                if (incarnation == _incarnation && _alive)
                {
                    Kill();
                    _world.After(_world.Seconds(60), Restart);
                }
            });
        });
    }

    private void AfterPause(Action action) => _world.After((_pausedUntil - _world.Now).TotalSeconds, action);

    private void BreakSoonInALoop(SimulatedStream stream)
    {
        if (_world.Now < _loopUntil)
        {
            _world.After(_world.Seconds(2), () => BreakStream(stream, noticedAfter: 0.1));
        }
    }

    private void BreakStream(SimulatedStream stream, double noticedAfter)
    {
        _coordinator.Break(stream);
        _world.After(noticedAfter, () => Disconnected(stream));
    }

    /// <summary>What cannot be ended after a while ends with the process.</summary>
    private void HearEviction(bool evicted)
    {
        if (evicted && !_evicted)
        {
            var incarnation = _incarnation;
            _world.After(30 + _world.Seconds(30), () =>
            {
                if (incarnation == _incarnation && _alive && _evicted)
                {
                    Kill();
                    _world.After(1 + _world.Seconds(10), Restart);
                }
            });
        }

        _evicted = evicted;
    }

    /// <summary>A worker that drains may give back what it could finish.</summary>
    private bool GivesBack() => _draining && _world.Options.Drain > 0 && _world.Random.Next(3) == 0;

    private void Suffer()
    {
        _world.After(1, Suffer);
        var options = _world.Options;
        if (_alive && _world.Chance(options.WorkerCrash))
        {
            Crash();
        }
        else if (_stream is { } stream && _world.Chance(options.StreamBreak))
        {
            BreakStream(stream, _world.Seconds(10));
        }
        else if (_world.Chance(options.OneWayPartition))
        {
            _cut = _world.Random.Next(2) == 0 ? (true, false) : (false, true);
            _world.After(_world.Seconds(60), () => _cut = default);
        }
        else if (_world.Chance(options.Drain))
        {
            _draining = !_draining;
            Say();
        }
        else if (_world.Chance(options.WorkerPause))
        {
            Pause(TimeSpan.FromSeconds(_world.Seconds(60)));
        }
        else if (_alive && _world.Chance(options.WorkerWedge))
        {
            Wedge();
        }
        else if (_world.Chance(options.ReconnectLoop))
        {
            BreakInALoop(TimeSpan.FromSeconds(_world.Seconds(30)));
        }
        else if (_alive && !_draining && _world.Chance(options.NodeEviction))
        {
            EvictNode(_world.Seconds(20), _world.Random.Next(2) == 0);
        }
    }
}
