using System.Diagnostics;
using System.Globalization;
using Stackflare.Writers;

namespace Stackflare;

[DebuggerDisplay("{Process.Name}, {Threads.Count} threads, {Findings.Count} findings")]
public sealed partial record ThreadDump
{
    /// <summary>
    /// The whole dump as <see cref="DumpFormat.Text"/>, with the default options. Usually a few KB; megabytes for thousands of different stacks.
    /// Names are escaped. <see cref="Flare"/> writes dumps in other formats, and without creating one large string.
    /// </summary>
    /// <exception cref="OutputException">The text is longer than the maximum length of a string.</exception>
    public override string ToString()
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture);
        DumpRenderer.Write(this, DumpFormat.Text, RenderOptions.Default, writer);
        return writer.ToString();
    }
}
