using Stackflare.Model;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// A frame as the formats that add up samples show it. Equal by value: each dump has frame objects of its own, and the same line of
/// the same method is to be one frame in all of them.
/// </summary>
/// <param name="Name">The method without parameters, escaped; or a remark in brackets.</param>
/// <param name="File">The source file, else the module's name; null for neither.</param>
/// <param name="Line">Line number, from 1; 0 where it is not known.</param>
internal readonly record struct SampleFrame(string Name, string? File = null, int Line = 0)
{
    public static SampleFrame FromFrame(DumpFrame frame)
    {
        string name = EscapedText.Plain(frame.Method.FullName);
        return frame.Source is { } source
            ? new SampleFrame(name, EscapedText.Plain(source.Path), source.Line)
            : new SampleFrame(name, frame.Module is { } module ? EscapedText.Plain(module.Name) : null);
    }
}
