namespace Stackflare.Tests.NativeProbe;

/// <summary>What the probe reads of the runtime's memory and of a heap, where all of it is known.</summary>
public sealed class ProbeMemoryTests
{
    private static readonly string[] Flags = ["-std=gnu11", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"];

    [Fact]
    public void MemoryIsKnownToBeThereOnceItWasRead() =>
        NativeProgram.CompileAndRun("cc", Flags, ["tests/proof.c", .. NativeProgram.Sources("memory")], []);

    /// <summary>What a program that dumps itself keeps of the probe's tables.</summary>
    [Fact]
    public void TablesAreKeptForTheNextCapture() =>
        NativeProgram.CompileAndRun("cc", Flags, ["tests/mapping.c", .. NativeProgram.Sources("memory")], []);

    /// <summary>Types of code that instantiations share, looked up in batches.</summary>
    [Fact]
    public void SharedCodeHasItsOwner() =>
        NativeProgram.CompileAndRun("cc", Flags, ["tests/owners.c", .. NativeProgram.Sources("wire", "memory", "runtime", "walk")], []);

    /// <summary>Threads that have not run since the last sample of a recording.</summary>
    [Fact]
    public void ThreadsThatHaveNotRunAreNotWalkedAgain() =>
        NativeProgram.CompileAndRun("cc", Flags, ["tests/unchanged.c", .. NativeProgram.Sources("wire", "memory", "runtime", "walk")], []);

    /// <summary>A made-up heap yields what is in it, and what is damaged or cut off in it is said.</summary>
    [Fact]
    public void AHeapYieldsWhatIsInIt() =>
        NativeProgram.CompileAndRun("cc", Flags, ["tests/heap.c", .. NativeProgram.Sources("wire", "runtime", "walk", "locks", "heap")], []);
}
