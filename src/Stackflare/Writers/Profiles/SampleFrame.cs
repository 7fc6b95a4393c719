using Stackflare.Model;

namespace Stackflare.Writers.Profiles;

/// <summary>
/// A frame as the formats that add up samples show it. Equal by value: each dump has its own frame objects, and the same line of
/// the same method must be one frame in all dumps.
/// </summary>
/// <param name="Name">The method without parameters, escaped; or a text in brackets.</param>
/// <param name="File">The source file, otherwise the module's name; null if there is neither.</param>
/// <param name="Line">Line number, from 1; 0 if not known.</param>
/// <param name="Module">The module's name; null if there is none.</param>
internal readonly record struct SampleFrame(string Name, string? File = null, int Line = 0, string? Module = null)
{
    public static SampleFrame FromFrame(DumpFrame frame)
    {
        string name = EscapedText.Plain(frame.Method.FullName);
        string? module = frame.Module is { } known ? EscapedText.Plain(known.Name) : null;
        return frame.Source is { } source
            ? new SampleFrame(name, EscapedText.Plain(source.Path), source.Line, module)
            : new SampleFrame(name, module, Module: module);
    }
}
