using System.Buffers;
using System.Text;

namespace Stackflare.Tests.Writers;

/// <summary>The public ways to write a dump: to text, to a stream, to a buffer, and to a stream by asynchronous calls alone.</summary>
public sealed class SinkTests
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    /// <summary>Some hundred kilobytes as text, so that streams get more than one piece.</summary>
    private static readonly ThreadDump Large = Build.Dump(
        [.. Enumerable.Range(1, 60).Select(i => Build.Thread(i, $"é{i}", ThreadActivity.Waiting, [.. Enumerable.Range(0, 60).Select(j => Build.Frame($"M{i}_{j}", j, "text"))]))]);

    public static TheoryData<DumpFormat> Formats => [.. Enum.GetValues<DumpFormat>()];

    [Theory, MemberData(nameof(Formats))]
    public async Task EverySinkGetsTheSameBytes(DumpFormat format)
    {
        foreach (ThreadDump dump in (ThreadDump[])[SampleDumps.Get("hostile"), Large])
        {
            using var text = new StringWriter();
            Flare.Write(dump, text, format);
            byte[] expected = Encoding.UTF8.GetBytes(text.ToString());

            using var stream = new MemoryStream();
            Flare.Write(dump, stream, format);
            Assert.Equal(expected, stream.ToArray());

            var buffer = new ArrayBufferWriter<byte>();
            Flare.Write(dump, buffer, format);
            Assert.Equal(expected, buffer.WrittenSpan);

            var small = new SmallBuffer();
            Flare.Write(dump, small, format);
            Assert.Equal(expected, small.Written);

            await using var body = new AsynchronousStream();
            await Flare.WriteAsync(dump, body, format, cancellationToken: Token);
            Assert.Equal(expected, body.Written.ToArray());
            Assert.InRange(body.LargestPiece, 1, 64 << 10);

            await using var underText = new AsynchronousStream();
            await using (var writer = new StreamWriter(underText, new UTF8Encoding(false), leaveOpen: true))
            {
                await Flare.WriteAsync(dump, writer, format, cancellationToken: Token);
                underText.MayFlush = true;
            }
            Assert.Equal(expected, underText.Written.ToArray());
        }
    }

    [Fact]
    public async Task OptionsCount()
    {
        await using var body = new AsynchronousStream();
        await Flare.WriteAsync(SampleDumps.Get("hung-server"), body, DumpFormat.Text, Render.All, Token);
        Assert.Equal(Render.Text(SampleDumps.Get("hung-server"), Render.All), Encoding.UTF8.GetString(body.Written.ToArray()));
    }

    [Fact]
    public async Task ACancelledWriteWritesNoMore()
    {
        using var cancelled = new CancellationTokenSource();
        await using var body = new AsynchronousStream { Taken = cancelled.Cancel };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Flare.WriteAsync(Large, body, cancellationToken: cancelled.Token));
        Assert.Equal(64 << 10, body.Written.Length);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Flare.WriteAsync(Large, body, cancellationToken: cancelled.Token));
        Assert.Equal(64 << 10, body.Written.Length);
    }

    [Fact]
    public async Task WhatTheStreamThrowsIsPassedOn()
    {
        await using var body = new AsynchronousStream { Taken = static () => throw new IOException("gone") };
        Assert.Equal("gone", (await Assert.ThrowsAsync<IOException>(() => Flare.WriteAsync(Large, body, cancellationToken: Token))).Message);
        Assert.Throws<NotSupportedException>(() => Flare.Write(Large, body));
    }

    [Fact]
    public void AFormatThatIsNoneWritesNothing()
    {
        using var stream = new MemoryStream();
        Assert.Throws<ArgumentOutOfRangeException>(() => Flare.Write(Large, stream, (DumpFormat)99));
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void NullIsRefusedByTheCallItself()
    {
        ThreadDump dump = Build.Dump();
        Assert.Throws<ArgumentNullException>("dump", () => Flare.Write(null!, TextWriter.Null));
        Assert.Throws<ArgumentNullException>("dump", () => Flare.Write(null!, Stream.Null));
        Assert.Throws<ArgumentNullException>("dump", () => Flare.Write(null!, new ArrayBufferWriter<byte>()));
        Assert.Throws<ArgumentNullException>("dump", () => { _ = Flare.WriteAsync(null!, Stream.Null, cancellationToken: Token); });
        Assert.Throws<ArgumentNullException>("writer", () => Flare.Write(dump, (TextWriter)null!));
        Assert.Throws<ArgumentNullException>("stream", () => Flare.Write(dump, (Stream)null!));
        Assert.Throws<ArgumentNullException>("buffer", () => Flare.Write(dump, (IBufferWriter<byte>)null!));
        Assert.Throws<ArgumentNullException>("writer", () => { _ = Flare.WriteAsync(dump, (TextWriter)null!, cancellationToken: Token); });
        Assert.Throws<ArgumentNullException>("stream", () => { _ = Flare.WriteAsync(dump, (Stream)null!, cancellationToken: Token); });
    }

    /// <summary>Gives a few bytes at a time, as a pipe does whose segments are small.</summary>
    private sealed class SmallBuffer : IBufferWriter<byte>
    {
        private readonly byte[] _segment = new byte[97];

        public List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_segment.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _segment;

        public Span<byte> GetSpan(int sizeHint = 0) => _segment;
    }

    /// <summary>As a response body of ASP.NET Core: what is synchronous is refused, a flush among it.</summary>
    private sealed class AsynchronousStream : Stream
    {
        private bool _isClosing;

        public MemoryStream Written { get; } = new();

        public int LargestPiece { get; private set; }

        /// <summary>Whether the writer above it is being closed.</summary>
        public bool MayFlush { get; set; }

        /// <summary>Called after each piece.</summary>
        public Action? Taken { get; init; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            LargestPiece = Math.Max(LargestPiece, buffer.Length);
            Written.Write(buffer.Span);
            Taken?.Invoke();
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => MayFlush ? Task.CompletedTask : throw new InvalidOperationException("The writer must not flush.");

        public override void Flush() => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

        public override void WriteByte(byte value) => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override ValueTask DisposeAsync()
        {
            _isClosing = true;
            return base.DisposeAsync();
        }

        protected override void Dispose(bool disposing)
        {
            if (!_isClosing)
                throw new InvalidOperationException("The writer must not close the stream.");
            base.Dispose(disposing);
        }
    }
}
