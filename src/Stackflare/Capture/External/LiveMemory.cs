using Microsoft.Win32.SafeHandles;
using Stackflare.Interop;
using Stackflare.Runtime;

namespace Stackflare.Capture.External;

/// <summary>The memory of a running process, read without stopping it. It can change between two reads.</summary>
/// <param name="process">The process.</param>
internal sealed class LiveMemory(int process) : IMemoryReader, IDisposable
{
    private const int PageBytes = 4096;

    private SafeFileHandle? _file;
    private bool _useFile, _isRefused;

    /// <summary>Whether the kernel has refused a read because of missing rights, in each way that there is.</summary>
    public bool IsRefused => _isRefused;

    public int Read(ulong address, Span<byte> buffer)
    {
        int read = ReadPart(address, buffer);
        // The call ends before a page that is missing, but may also leave out what is before it.
        while (read < buffer.Length)
        {
            ulong at = address + (ulong)read;
            int page = (int)Math.Min((ulong)(buffer.Length - read), PageBytes - (at % PageBytes));
            int more = ReadPart(at, buffer.Slice(read, page));
            read += more;
            if (more < page)
                break;
        }
        return read;
    }

    public void Dispose() => _file?.Dispose();

    private int ReadPart(ulong address, Span<byte> buffer)
    {
        // Addresses of the kernel are none of the process.
        if (address > long.MaxValue || _isRefused)
            return 0;
        if (!_useFile)
        {
            nint read = Posix.ReadMemory(process, address, buffer);
            if (read is not (-Posix.EPERM or -Posix.ENOSYS))
                return (int)Math.Max(read, 0);
            // A filter of system calls can forbid the call and not the file.
            _useFile = true;
        }
        return ReadFile(address, buffer);
    }

    private int ReadFile(ulong address, Span<byte> buffer)
    {
        try
        {
            _file ??= File.OpenHandle(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{process}/mem"));
            return RandomAccess.Read(_file, buffer, (long)address);
        }
        catch (UnauthorizedAccessException)
        {
            _isRefused = _file is null;
            return 0;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
