namespace Stackflare.Outputs;

/// <summary>Passes dumps to a delegate of the program.</summary>
internal sealed class ReceiverOutput : DumpOutput
{
    private readonly Action<ThreadDump> _receiver;

    public ReceiverOutput(Action<ThreadDump> receiver)
    {
        ArgumentNullException.ThrowIfNull(receiver);
        _receiver = receiver;
    }

    public override string ToString() => "a delegate";

    internal override void Write(ThreadDump dump, DumpFormat format, RenderOptions options)
    {
        try
        {
            _receiver(dump);
        }
        catch (Exception exception)
        {
            throw new OutputException(
                $"The receiver of the dump threw {exception.GetType()}: {exception.Message}",
                "Catch errors in the delegate given to DumpOutput.To.",
                exception);
        }
    }
}
