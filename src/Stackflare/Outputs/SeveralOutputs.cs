using System.Runtime.ExceptionServices;

namespace Stackflare.Outputs;

/// <summary>Writes each dump to several outputs.</summary>
internal sealed class SeveralOutputs : DumpOutput
{
    private readonly DumpOutput[] _outputs;

    public SeveralOutputs(DumpOutput[] outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        if (outputs.Length == 0)
            throw new ArgumentException("There is no output.", nameof(outputs));
        foreach (DumpOutput output in outputs)
            ArgumentNullException.ThrowIfNull(output, nameof(outputs));
        _outputs = [.. outputs];
    }

    internal override void Write(ThreadDump dump, DumpFormat format, RenderOptions options)
    {
        ExceptionDispatchInfo? first = null;
        foreach (DumpOutput output in _outputs)
        {
            try
            {
                output.Write(dump, format, options);
            }
            catch (OutputException e)
            {
                first ??= ExceptionDispatchInfo.Capture(e);
            }
        }
        first?.Throw();
    }

    internal override void Validate()
    {
        foreach (DumpOutput output in _outputs)
            output.Validate();
    }

    public override string ToString() => string.Join(" and ", _outputs.Select(static o => o.ToString()));
}
