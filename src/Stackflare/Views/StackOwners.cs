using Stackflare.Analysis;

namespace Stackflare.Views;

/// <summary>
/// Tells the program's own code from libraries by module, never by thread or method name. A module is the program's own if its frames have source lines with
/// paths of a machine: libraries usually come without a PDB, or with one whose paths are normalized (<c>/_/</c>). If no module has such lines, those with
/// normalized paths are the program's own; without any lines, all modules that do not belong to the framework.
/// </summary>
internal sealed class StackOwners
{
    private readonly Dictionary<ModuleIdentity, int> _ranks = [];
    private readonly int _best;

    /// <param name="stacks">The stacks of the dump's threads.</param>
    /// <param name="groups">The dump's async stacks.</param>
    public StackOwners(VisibleStacks stacks, IEnumerable<AsyncStackGroup> groups)
    {
        for (int id = 0; id < stacks.Frames.Count; id++)
            Add(stacks.Frames[id]);
        foreach (AsyncStackGroup group in groups)
        {
            foreach (DumpFrame frame in group.First.Frames)
                Add(frame);
        }
        _best = _ranks.Count == 0 ? 0 : _ranks.Values.Max();
    }

    public StackOwner Of(DumpFrame frame) => frame.Module switch
    {
        null => frame.Kind is FrameKind.Dynamic ? StackOwner.Library : StackOwner.Platform,
        { IsOfPlatform: true } => StackOwner.Platform,
        { } module => _ranks.GetValueOrDefault(module) == _best ? StackOwner.Program : StackOwner.Library,
    };

    /// <summary>The owner of a stack, and the program's innermost frame if there is one.</summary>
    /// <param name="frames">The visible frames, innermost first.</param>
    public (StackOwner Owner, DumpFrame? Place) Of(IEnumerable<DumpFrame> frames)
    {
        var owner = StackOwner.Platform;
        DumpFrame? call = null;
        foreach (DumpFrame frame in frames)
        {
            switch (Of(frame))
            {
                // The frame that called it has a source line.
                case StackOwner.Program when frame.Kind is FrameKind.PInvoke:
                    call ??= frame;
                    break;
                case StackOwner.Program:
                    return (StackOwner.Program, frame);
                case StackOwner.Library:
                    owner = StackOwner.Library;
                    break;
            }
        }
        return call is null ? (owner, null) : (StackOwner.Program, call);
    }

    private void Add(DumpFrame frame)
    {
        if (frame is not { IsHidden: false, Module: { IsOfPlatform: false } module })
            return;
        int rank = frame.Source is not { } source ? 0 : source.IsNormalized ? 1 : 2;
        if (!_ranks.TryGetValue(module, out int known) || known < rank)
            _ranks[module] = rank;
    }
}
