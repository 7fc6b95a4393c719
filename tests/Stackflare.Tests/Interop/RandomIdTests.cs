using Stackflare.Interop;

namespace Stackflare.Tests.Interop;

public sealed class RandomIdTests
{
    /// <summary>Of an id that <see cref="Guid.NewGuid"/> makes, six bits are the same each time.</summary>
    [Fact]
    public void EveryBitIsRandom()
    {
        const int ids = 200;
        byte[] ever = new byte[16], always = [.. Enumerable.Repeat(byte.MaxValue, 16)];
        for (int i = 0; i < ids; i++)
        {
            byte[] bytes = RandomId.New().ToByteArray();
            for (int j = 0; j < bytes.Length; j++)
                (ever[j], always[j]) = ((byte)(ever[j] | bytes[j]), (byte)(always[j] & bytes[j]));
        }
        Assert.All(ever, static b => Assert.Equal(byte.MaxValue, b));
        Assert.All(always, static b => Assert.Equal(0, b));
    }
}
