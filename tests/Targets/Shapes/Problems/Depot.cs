using Stackflare.Targets.Common;

namespace Stackflare.Targets.Shapes.Problems;

/// <summary>A depot of a <see cref="HaulageFirm"/>: one lorry at a time.</summary>
internal abstract class Depot
{
    /// <summary>What a program locks for it.</summary>
    public abstract object Gate { get; }

    /// <summary>Loads goods, and takes them to the next depot.</summary>
    public abstract void Load(Host host, Track track, Depot next, Barrier allLoading);

    /// <summary>Takes goods in.</summary>
    public abstract void Unload(Host host, Track track);
}
