namespace Stackflare.Analysis;

/// <summary>Adds up the dumps of a <see cref="Recording"/>.</summary>
internal interface ISampleSum
{
    /// <summary>Adds a dump.</summary>
    /// <param name="dump">The dump.</param>
    /// <param name="weights">What its stacks weigh.</param>
    void Add(ThreadDump dump, SampleWeights weights);

    /// <summary>Adds what a thread has used while no dump found it running.</summary>
    /// <param name="thread">The thread, as the last dump that knows it has it.</param>
    /// <param name="weight">The weight.</param>
    void AddRest(DumpThread thread, long weight);
}
