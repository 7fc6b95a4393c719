using System.Diagnostics;
using System.Globalization;
using Stackflare.Writers;

namespace Stackflare;

[DebuggerDisplay("{Process.Name}, {Threads.Count} threads, {Findings.Count} findings")]
public sealed partial record ThreadDump
{
    /// <summary>
    /// The whole dump as <see cref="DumpFormat.Text"/>, with the default options. It is as long as the dump: a few KB as a rule, megabytes for thousands of different stacks. Names are
    /// escaped. <see cref="Flare"/> writes dumps in other formats, and without a string of them all.
    /// </summary>
    /// <exception cref="OutputException">It would be longer than a string may be.</exception>
    public override string ToString()
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture);
        DumpRenderer.Write(this, DumpFormat.Text, RenderOptions.Default, writer);
        return writer.ToString();
    }
}
