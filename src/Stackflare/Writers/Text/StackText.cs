using System.Text;
using Stackflare.Analysis;
using Stackflare.Views;

namespace Stackflare.Writers.Text;

/// <summary>
/// The lines of frames, each made only once. A frame with notes has its own number, beyond
/// those of the view's frames, so that a recursion that takes a lock at every step is folded like any other.
/// </summary>
/// <param name="stacks">The stacks.</param>
/// <param name="format">Returns the lines of a frame, each with its line feed.</param>
/// <param name="lockLines">Makes the lines of notes.</param>
internal sealed class StackText(VisibleStacks stacks, Func<DumpFrame, string> format, LockLines lockLines)
{
    private byte[]?[] _texts = new byte[]?[stacks.Frames.Count];
    private int _count = stacks.Frames.Count;
    private int[] _stack = new int[256];
    private Dictionary<(int Frame, string Notes), int>? _noted;

    /// <summary>The lines of each frame; null if not yet made. Valid until notes are added.</summary>
    /// <remarks>For loops over stacks, in which a call for each frame would cost a large part of the time.</remarks>
    public ReadOnlySpan<byte[]?> Made => _texts;

    /// <summary>The lines of a frame of a stack.</summary>
    public byte[] Make(int id) => _texts[id] ??= Encoding.UTF8.GetBytes(format(stacks.Frames[id]));

    /// <summary>
    /// A group's stack, innermost first, in which frames with notes have their own numbers. Valid until the next call; the caller may reverse it.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="before">The lines before the innermost frame; empty if there are none.</param>
    /// <param name="after">The lines after the outermost frame; empty if there are none.</param>
    public Span<int> StackOf(StackGroup group, out string before, out string after)
    {
        if (_stack.Length < group.Length)
            _stack = new int[Math.Max(group.Length, _stack.Length * 2)];
        Span<int> stack = _stack.AsSpan(0, group.Length);
        stacks.Stacks[group.Stack].CopyTo(stack);
        before = after = "";
        if (group.Notes is not [var notes, ..])
            return stack;
        var lines = new StringBuilder();
        for (int i = 0; i < notes.Length;)
        {
            int position = notes[i].Position;
            lines.Clear();
            for (; i < notes.Length && notes[i].Position == position; i++)
                lines.Append(lockLines.Line(group, i));
            if (position == LockNote.AtEnd)
                after = lines.ToString();
            else if (position == 0)
                before = lines.ToString();
            else
                stack[position - 1] = Noted(stack[position - 1], lines.ToString());
        }
        return stack;
    }

    private int Noted(int frame, string notes)
    {
        _noted ??= [];
        if (_noted.TryGetValue((frame, notes), out int id))
            return id;
        if (_count == _texts.Length)
            Array.Resize(ref _texts, Math.Max(16, _count * 2));
        id = _count++;
        _texts[id] = [.. Make(frame), .. Encoding.UTF8.GetBytes(notes)];
        _noted.Add((frame, notes), id);
        return id;
    }
}
