using Microsoft.Diagnostics.Symbols;
using Microsoft.Diagnostics.Tracing;
using Microsoft.Diagnostics.Tracing.Etlx;
using Microsoft.Diagnostics.Tracing.EventPipe;
using Microsoft.Diagnostics.Tracing.Stacks;

namespace Stackflare.BenchEventPipe;

/// <summary>Finds the first stack of each thread in a recording, and prints it.</summary>
internal static class StackPrinter
{
    private const string ThreadFrame = "Thread (";

    /// <summary>How many samples there are, of all threads.</summary>
    internal static int Count(string trace)
    {
        int count = 0;
        using EventPipeEventSource source = new(trace);
        new SampleProfilerTraceEventParser(source).ThreadSample += _ => count++;
        source.Process();
        return count;
    }

    internal static void Print(string trace, TextWriter output)
    {
        using TraceLog log = new(TraceLog.CreateFromEventPipeDataFile(trace));

        // The stack source wants a reader of PDBs, and never asks it: methods have their names from the events.
        using SymbolReader symbols = new(TextWriter.Null);
        MutableTraceEventStackSource stacks = new(log) { OnlyManagedCodeStacks = true };
        new SampleProfilerThreadTimeComputer(log, symbols).GenerateThreadTimeStacks(stacks);

        HashSet<string> seen = [];
        List<string> frames = [];
        stacks.ForEach(sample =>
        {
            // A stack ends with a frame for the thread, and another one for the process.
            frames.Clear();
            for (StackSourceCallStackIndex at = sample.StackIndex; at != StackSourceCallStackIndex.Invalid; at = stacks.GetCallerIndex(at))
            {
                string name = stacks.GetFrameName(stacks.GetFrameIndex(at), fullModulePath: false);
                if (name.StartsWith(ThreadFrame, StringComparison.Ordinal))
                {
                    if (seen.Add(name))
                        Print(name, frames, output);
                    return;
                }

                frames.Add(name);
            }
        });
    }

    private static void Print(string thread, List<string> frames, TextWriter output)
    {
        output.WriteLine(thread);
        foreach (string frame in frames)
        {
            output.Write("  ");
            output.WriteLine(frame);
        }

        output.WriteLine();
    }
}
