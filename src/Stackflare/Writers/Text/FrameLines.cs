using System.Text;
using Stackflare.Analysis;

namespace Stackflare.Writers.Text;

/// <summary>Writes frames with a beginning for each line. The lines of each frame are made once.</summary>
internal sealed class FrameLines(RenderBuffer buffer, RenderOptions options, TextDialect dialect)
{
    private FrameTable? _frames;
    private readonly List<byte[]> _texts = [];
    private int[] _ids = [];

    /// <summary>Writes the visible frames of a stack.</summary>
    /// <param name="frames">The stack, innermost first.</param>
    /// <param name="before">The beginning of each line.</param>
    /// <returns>How many frames are visible.</returns>
    public int Append(IReadOnlyList<DumpFrame> frames, string before)
    {
        IReadOnlyList<DumpFrame> visible = VisibleFrames.Of(frames, options.ShowHidden);
        AppendAll(visible, before);
        return visible.Count;
    }

    /// <summary>Writes frames, all of them.</summary>
    /// <param name="visible">The frames, innermost first.</param>
    /// <param name="before">The beginning of each line.</param>
    public void AppendAll(IReadOnlyList<DumpFrame> visible, string before)
    {
        if (_ids.Length < visible.Count)
            _ids = new int[Math.Max(64, visible.Count * 2)];
        for (int i = 0; i < visible.Count; i++)
            _ids[i] = IdOf(visible[dialect.OutermostFirst ? visible.Count - 1 - i : i]);
        ReadOnlySpan<int> stack = _ids.AsSpan(0, visible.Count);
        for (int i = 0; i < stack.Length;)
        {
            var run = options.FoldRecursion ? StackRun.At(stack, i) : new StackRun(i, 1, 1);
            foreach (int id in stack.Slice(i, run.Period))
                AppendLines(_texts[id], before);
            if (run.Repeats > 1)
                buffer.Append(before).Append(dialect.Repeated(run));
            i = run.End;
        }
    }

    private int IdOf(DumpFrame frame)
    {
        int id = (_frames ??= new(SameFrame.Comparer)).IdOf(frame);
        if (id == _texts.Count)
            _texts.Add(Encoding.UTF8.GetBytes(dialect.Format(frame)));
        return id;
    }

    private void AppendLines(byte[] text, string before)
    {
        if (before.Length == 0)
        {
            buffer.Append(text);
            return;
        }
        for (int start = 0; start < text.Length;)
        {
            int end = Array.IndexOf(text, (byte)'\n', start) + 1;
            buffer.Append(before).Append(text[start..end]);
            start = end;
        }
    }
}
