using Stackflare.Interop;
using Stackflare.Model;
using Stackflare.Writers;

namespace Stackflare.Outputs;

/// <summary>Appends dumps to a file, each completely or not at all.</summary>
internal sealed class FileOutput(string pattern, FileRotation? rotation = null) : DumpOutput
{
    // O_NONBLOCK: opening a FIFO must not wait for its reader. It has no effect on a regular file.
    private static readonly int Flags =
        Posix.O_WRONLY | Posix.O_APPEND | Posix.O_CLOEXEC | Posix.O_NOFOLLOW | Posix.O_NONBLOCK | Posix.O_NOCTTY;

    private const int OwnerOnly = 0x180; // 0600

    // A file can be created or deleted between two calls. After this many tries, it is an attack.
    private const int MaxTries = 16;

    private readonly PathPattern _pattern = new(pattern);

    internal override void Write(ThreadDump dump, DumpFormat format, RenderOptions options)
    {
        using var bytes = new PooledBytes();
        DumpRenderer.Write(dump, format, options, bytes);
        string path = _pattern.For(dump.Process.Id, dump.CapturedAt);
        if (rotation is null)
            Append(path, bytes.Written);
        else
            Append(path, bytes.Written, rotate: length => FileRotator.Rotate(_pattern, path, length, rotation));
    }

    public override string ToString() => _pattern.ToString();

    internal override void Validate()
    {
        string path = _pattern.For(Environment.ProcessId, DateTimeOffset.UtcNow);
        int descriptor = Posix.Open(path, Flags, OwnerOnly);
        if (descriptor >= 0)
        {
            try
            {
                Check(path, descriptor, isNew: false);
            }
            finally
            {
                Posix.Close(descriptor);
            }
            return;
        }
        if (descriptor != -Posix.ENOENT)
            throw OutputErrors.Create(Describe(path), -descriptor);

        // The file does not exist, which is normal. Its directory must allow to create it.
        if (Path.GetFileName(path).Length == 0)
            throw OutputErrors.Create(Describe(path), Posix.EISDIR);
        if (Posix.Access(Path.GetDirectoryName(path)!, Posix.W_OK | Posix.X_OK) is var access and not 0)
            throw OutputErrors.Create(Describe(path), -access);
    }

    /// <summary>Appends the bytes to the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="rotate">Called with their number before the file is opened, to make room.</param>
    internal static unsafe void Append(string path, ReadOnlySpan<byte> bytes, Action<int>? rotate = null)
    {
        fixed (byte* start = bytes)
        {
            // A lambda cannot capture a span. The memory stays pinned until RunExclusive returns.
            byte* pinned = start;
            int length = bytes.Length;
            DescriptorWriter.RunExclusive(Describe(path), () =>
            {
                rotate?.Invoke(length);
                AppendExclusive(path, new ReadOnlySpan<byte>(pinned, length));
            });
        }
    }

    private static void AppendExclusive(string path, ReadOnlySpan<byte> bytes)
    {
        int descriptor = OpenOrCreate(path, out bool isNew);
        try
        {
            var before = Check(path, descriptor, isNew);
            int error = DescriptorWriter.WriteAll(descriptor, bytes, DescriptorWriter.DefaultLimit, out long written);
            if (error != 0)
            {
                TakeBack(path, descriptor, before, written, isNew);
                throw OutputErrors.Create(Describe(path), error);
            }
        }
        finally
        {
            Posix.Close(descriptor);
        }
    }

    /// <summary>First tries to create the file: only then is it certain whether this dump created it.</summary>
    private static int OpenOrCreate(string path, out bool isNew)
    {
        int descriptor = -Posix.ENOENT;
        for (int i = 0; i < MaxTries && descriptor == -Posix.ENOENT; i++)
        {
            descriptor = Posix.Open(path, Flags | Posix.O_CREAT | Posix.O_EXCL, OwnerOnly);
            if (descriptor >= 0)
            {
                isNew = true;
                return descriptor;
            }
            if (descriptor != -Posix.EEXIST)
                break;
            descriptor = Posix.Open(path, Flags, OwnerOnly);
        }
        isNew = false;
        return descriptor >= 0 ? descriptor : throw OutputErrors.Create(Describe(path), -descriptor);
    }

    private static FileStatus Check(string path, int descriptor, bool isNew)
    {
        if (Posix.Status(descriptor, out var status) is var error and not 0)
            throw OutputErrors.Create(Describe(path), -error);
        if (!status.IsRegular)
            throw OutputErrors.Create(Describe(path), Posix.ENXIO);
        // Another user may have created the file to read the dumps. (On a network share, even a new file can have another owner.)
        if (!isNew && status.User != Posix.EffectiveUser())
        {
            throw new OutputException(
                $"{Describe(path)} cannot be written: it belongs to another user, who could read the dump.",
                "Name a file of the process's own user, or one that does not exist yet.");
        }
        return status;
    }

    /// <summary>Restores the previous length, unless another process has appended in the meantime: its data must not be cut off.</summary>
    private static void TakeBack(string path, int descriptor, FileStatus before, long written, bool isNew)
    {
        if (Posix.Status(descriptor, out var now) != 0 || now.Length != before.Length + written)
            return;
        if (Posix.Truncate(descriptor, before.Length) == 0 && isNew && Posix.Status(path, out var there) == 0 && there.IsSameFileAs(before))
            _ = Posix.Unlink(path);
    }

    private static string Describe(string path) => $"The file '{EscapedText.Plain(path)}'";
}
