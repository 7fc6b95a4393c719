using System.Diagnostics;
using System.Reflection;
using Stackflare.Fixtures.Shapes;
using Stackflare.Symbols;

namespace Stackflare.Tests.Symbols;

/// <summary>A frame of a fixture to resolve under varied circumstances.</summary>
internal static class Resolving
{
    public static readonly string ShapesPath = typeof(Here).Module.FullyQualifiedName;
    public static readonly string ShapesPdb = Path.ChangeExtension(ShapesPath, ".pdb");
    public static readonly Guid ShapesMvid = typeof(Here).Module.ModuleVersionId;
    public static readonly MethodBase Method = typeof(Plain).GetMethod(nameof(Plain.NoParameters))!;
    public const string MethodText = "Stackflare.Fixtures.Shapes.Plain.NoParameters()";

    /// <summary>The IL offset at which <see cref="Method"/> calls on, as the runtime tells it.</summary>
    public static StackFrame Frame { get; } = Capture();

    /// <summary>Resolves <see cref="Method"/> in a module with the given place and id.</summary>
    public static DumpFrame Resolve(this Symbolicator symbolicator, string? path, Guid? mvid)
    {
        var builder = new CodeSnapshot();
        return symbolicator.Single(builder, builder.Module(path, mvid));
    }

    public static DumpFrame Single(this Symbolicator symbolicator, CodeSnapshot builder, int module) =>
        symbolicator.Resolve(builder.Frame(builder.Method(module, Method.MetadataToken), Frame.GetILOffset()).Build()).Single();

    private static StackFrame Capture()
    {
        Plain.NoParameters();
        return Here.Trace!.GetFrame(0)!;
    }
}
