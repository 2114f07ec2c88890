using BuildFarm.V1;

namespace BuildFarm.Coordinator.Why;

/// <summary>What is found while two actions are compared: the first differences themselves, and how many more there are.</summary>
public sealed class DifferenceList
{
    private const int Most = 200;
    private const int MostNotes = 20;

    private readonly ActionExplanation _explanation;

    /// <param name="explanation">Takes all of it.</param>
    public DifferenceList(ActionExplanation explanation) => _explanation = explanation;

    /// <summary>How many there are.</summary>
    public int Count => _explanation.Differences.Count + _explanation.MoreDifferences;

    /// <summary>Something differs.</summary>
    public void Add(ActionDifference difference)
    {
        if (_explanation.Differences.Count < Most)
        {
            _explanation.Differences.Add(difference);
        }
        else
        {
            _explanation.MoreDifferences++;
        }
    }

    /// <summary>Something is to be said.</summary>
    public void Note(string line)
    {
        if (_explanation.Notes.Count < MostNotes)
        {
            _explanation.Notes.Add(line);
        }
    }
}
