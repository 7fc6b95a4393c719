using System.Text;
using Stackflare.Interop;
using Stackflare.Outputs;
using Stackflare.Tests.Writers;

namespace Stackflare.Tests.Outputs;

public sealed class StandardStreamOutputTests
{
    private static readonly ThreadDump Large = SampleDumps.Get("folding");
    private static readonly RenderOptions Unfolded = new() { FoldRecursion = false };

    [Fact]
    public void WritesTheWholeDump()
    {
        var (read, write) = Native.Pipe();
        new StandardStreamOutput(write).Write(SampleDumps.Get("ordinary"), DumpFormat.Text, RenderOptions.Default);
        Posix.Close(write);
        Assert.Equal(Render.Text(SampleDumps.Get("ordinary")), ReadToEnd(read));
    }

    [Theory, InlineData(0), InlineData(Native.NonBlocking)]
    public void WaitsForASlowReader(int flags)
    {
        var dump = Build.Dump(Build.Thread(1, null, ThreadActivity.Running, [.. Enumerable.Repeat(Build.Frame("A", 1, "text"), 20_000)]));
        string expected = Render.Text(dump, Unfolded);
        Assert.True(expected.Length > 1 << 20, "The dump must be larger than any pipe.");

        var (read, write) = Native.Pipe();
        if (flags != 0)
        {
            // The reading end stays a blocking one.
            write = Native.Open($"/proc/self/fd/{write}", Native.WriteOnly | flags, 0) is var other && other >= 0 ? Swap(write, other) : throw new IOException();
        }

        var done = new ManualResetEventSlim();
        var writer = new Thread(() =>
        {
            new StandardStreamOutput(write).Write(dump, DumpFormat.Text, Unfolded);
            Posix.Close(write);
            done.Set();
        });
        writer.Start();

        // The pipe is full before anything is read: the writer has met EAGAIN, or has to wait in poll.
        Assert.True(SpinWait.SpinUntil(() => Posix.PollWritable(write, 0) == 0, TimeSpan.FromMinutes(3)));
        Assert.False(done.IsSet);
        Assert.Equal(expected, ReadToEnd(read));
        writer.Join();
    }

    [Theory, InlineData(0), InlineData(Native.NonBlocking)]
    public void GivesUpOnAReaderThatDoesNotRead(int flags)
    {
        var (read, write) = Native.Pipe(flags);
        var error = Assert.Throws<OutputException>(() =>
            new StandardStreamOutput(write, TimeSpan.FromMilliseconds(50)).Write(LargeEnough(), DumpFormat.Text, Unfolded));
        Assert.Equal("Standard error cannot be written: its reader did not read the dump in time.", error.Problem);
        Posix.Close(read);
        Posix.Close(write);
    }

    [Fact]
    public void ReaderThatGoesIsAnError()
    {
        var (read, write) = Native.Pipe();
        var reader = new Thread(() =>
        {
            Native.Read(read);
            Posix.Close(read);
        });
        reader.Start();
        var error = Assert.Throws<OutputException>(() => new StandardStreamOutput(write).Write(LargeEnough(), DumpFormat.Text, Unfolded));
        Assert.Equal("Standard error cannot be written: its reader has closed it.", error.Problem);
        Assert.StartsWith("Write dumps to a file", error.Remedy, StringComparison.Ordinal);
        reader.Join();
        Posix.Close(write);
    }

    [Fact]
    public void FullDeviceIsAnError()
    {
        int full = Native.Open("/dev/full", Native.WriteOnly, 0);
        var error = Assert.Throws<OutputException>(() => new StandardStreamOutput(full).Write(Large, DumpFormat.Text, RenderOptions.Default));
        Assert.Equal("Standard error cannot be written: No space left on device.", error.Problem);
        Assert.False(StandardStreamOutput.TryWriteLine("news", full));
        Posix.Close(full);
    }

    [Fact]
    public void ClosedDescriptorIsAnError()
    {
        // No descriptor has this number: it is above every limit.
        var output = new StandardStreamOutput(int.MaxValue);
        Assert.Contains("it is closed", Assert.Throws<OutputException>(output.Validate).Message, StringComparison.Ordinal);
        Assert.Contains("it is closed",
            Assert.Throws<OutputException>(() => output.Write(Large, DumpFormat.Text, RenderOptions.Default)).Message, StringComparison.Ordinal);
        Assert.False(StandardStreamOutput.TryWriteLine("news", int.MaxValue));
    }

    [Fact]
    public void WritesALineThatStaysALine()
    {
        var (read, write) = Native.Pipe();
        Assert.True(StandardStreamOutput.TryWriteLine("Stackflare: no dump\nof \u001b[31mit", write));
        Posix.Close(write);
        Assert.Equal("Stackflare: no dump\\nof \\u001B[31mit\n", ReadToEnd(read));
    }

    [Fact]
    public async Task TwoDumpsDoNotMix()
    {
        var (read, write) = Native.Pipe();
        ThreadDump[] dumps = [.. "ABCD".Select(c => Build.Dump(Build.Thread(1, null, ThreadActivity.Running, [.. Enumerable.Repeat(Build.Frame($"{c}", 1, null), 3000)])))];
        var writers = dumps.Select(d => Task.Run(() => new StandardStreamOutput(write).Write(d, DumpFormat.Text, Unfolded), TestContext.Current.CancellationToken)).ToArray();
        var closing = Task.WhenAll(writers).ContinueWith(_ => Posix.Close(write), TaskScheduler.Default);
        string text = ReadToEnd(read);
        await closing;

        string runs = string.Concat(text.Split('\n').Where(l => l.StartsWith("   at", StringComparison.Ordinal)).Select(l => l["   at MyApp.Program.".Length]));
        Assert.Equal(4 * 3000, runs.Length);
        Assert.Equal(3, runs.Zip(runs.Skip(1)).Count(p => p.First != p.Second));
    }

    private static ThreadDump LargeEnough() =>
        Build.Dump(Build.Thread(1, null, ThreadActivity.Running, [.. Enumerable.Repeat(Build.Frame("A", 1, "text"), 20_000)]));

    private static int Swap(int old, int other)
    {
        Posix.Close(old);
        return other;
    }

    private static string ReadToEnd(int descriptor)
    {
        var all = new List<byte>();
        for (byte[] bytes = Native.Read(descriptor); bytes.Length > 0; bytes = Native.Read(descriptor))
            all.AddRange(bytes);
        Posix.Close(descriptor);
        return Encoding.UTF8.GetString([.. all]);
    }
}
