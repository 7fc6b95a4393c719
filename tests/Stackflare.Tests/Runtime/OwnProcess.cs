using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Stackflare.Runtime;

namespace Stackflare.Tests.Runtime;

/// <summary>The process of the tests, looked at like one from outside. Its memory changes while it is read, which a core's does not.</summary>
internal sealed class OwnProcess : IMemoryReader, IDisposable
{
    private readonly SafeFileHandle _memory = File.OpenHandle("/proc/self/mem");
    private readonly Random? _damage;

    /// <param name="seed">For memory of which now and then a bit is wrong; null for none.</param>
    public OwnProcess(int? seed = null)
    {
        _damage = seed is { } value ? new Random(value) : null;
        var images = new List<MappedImage>();
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            string[] parts = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 6 || !parts[5].StartsWith('/'))
                continue;
            ulong[] range = Array.ConvertAll(parts[0].Split('-'), static n => ulong.Parse(n, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            if (images.Count > 0 && images[^1].Path == parts[5])
                images[^1] = images[^1] with { End = range[1] };
            else
                images.Add(new MappedImage(range[0], range[1], parts[5]));
        }
        Images = new MappedImages(images);
        Runtime = images.First(static i => i.Path.EndsWith("/libcoreclr.so", StringComparison.Ordinal));
    }

    public MappedImages Images { get; }

    public MappedImage Runtime { get; }

    /// <summary>One bit in so many reads is wrong.</summary>
    public int Interval { get; init; } = 100;

    public ContractDescriptor Descriptor(ProcessMemory memory) =>
        ContractDescriptor.Read(memory, ElfImage.Open(memory, Runtime.Start)!.Export(ContractDescriptor.Symbol))!;

    public int Read(ulong address, Span<byte> buffer)
    {
        if (address > long.MaxValue)
            return 0;
        try
        {
            int read = RandomAccess.Read(_memory, buffer, (long)address);
            if (_damage is not null && read > 0 && _damage.Next(Interval) == 0)
                buffer[_damage.Next(read)] ^= (byte)(1 << _damage.Next(8));
            return read;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    public void Dispose() => _memory.Dispose();
}
