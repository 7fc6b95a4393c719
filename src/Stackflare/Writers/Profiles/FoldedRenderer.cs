using System.Globalization;
using System.Text;
using Stackflare.Analysis;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// Folded stacks, the input of flame graphs: one line for each distinct stack, with the thread's name, the frames from the
/// outermost, and the count. Frames are only names here, so that stacks at different lines of the same methods add up.
/// </summary>
internal sealed class FoldedRenderer : IDisposable
{
    /// <summary>Replaces the thread's name for async stacks.</summary>
    private const string Async = "async";

    private readonly StackSamples _samples;
    // Sorted, so that the order of numbers is the order of names.
    private readonly string[] _names;
    private readonly StackTable _stacks = new();
    private readonly Dictionary<Line, long> _counts = [];

    private FoldedRenderer(StackSamples samples)
    {
        _samples = samples;
        string[] names = [.. samples.Frames.Select(static f => FoldedName.Escape(f.Name))];
        _names = [.. names.Distinct()];
        Array.Sort(_names, StringComparer.Ordinal);
        AddUp([.. names.Select(n => Array.BinarySearch(_names, n, StringComparer.Ordinal))]);
    }

    public static void Write(StackSamples samples, PooledBytes bytes)
    {
        using var renderer = new FoldedRenderer(samples);
        renderer.Write(new RenderBuffer(bytes));
    }

    public void Dispose() => _stacks.Dispose();

    private void AddUp(int[] nameOfFrame)
    {
        var stackOf = new int[_samples.Stacks.Count];
        for (int i = 0; i < stackOf.Length; i++)
        {
            int[] stack = _samples.Stacks[i].ToArray();
            for (int j = 0; j < stack.Length; j++)
                stack[j] = nameOfFrame[stack[j]];
            stackOf[i] = _stacks.IdOf(stack);
        }
        foreach (var thread in _samples.Threads)
        {
            string name = FoldedName.Escape(thread.Name);
            foreach (var run in thread.Runs)
                Add(name, stackOf[run.Stack], run.Count);
        }
        foreach (var (stack, count) in _samples.Async)
            Add(Async, stackOf[stack], count);
    }

    private void Add(string thread, int stack, long count)
    {
        var line = new Line(thread, stack);
        _counts[line] = _counts.GetValueOrDefault(line) + count;
    }

    private void Write(RenderBuffer buffer)
    {
        Line[] lines = [.. _counts.Keys];
        Array.Sort(lines, Compare);
        byte[][] names = Array.ConvertAll(_names, static n => Encoding.UTF8.GetBytes(n));
        foreach (var line in lines)
        {
            buffer.Append(line.Thread);
            foreach (int name in _stacks[line.Stack])
                buffer.Append(';').Append(names[name]);
            buffer.Append(' ').Append(_counts[line].ToString(CultureInfo.InvariantCulture)).AppendLine();
        }
    }

    private int Compare(Line a, Line b) => string.CompareOrdinal(a.Thread, b.Thread) is var order and not 0
        ? order
        : _stacks[a.Stack].SequenceCompareTo(_stacks[b.Stack]);

    private readonly record struct Line(string Thread, int Stack);
}
