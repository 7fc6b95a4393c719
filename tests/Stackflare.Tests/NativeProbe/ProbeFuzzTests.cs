namespace Stackflare.Tests.NativeProbe;

/// <summary>What of the probe is a function over bytes, under the address and undefined-behaviour sanitizers.</summary>
public sealed class ProbeFuzzTests
{
    private const string Folder = "tests/fuzz";

    /// <summary>
    /// Memory is limited by what is allocated: the peak that the fuzzer would look at begins with that of the process that started it, which is the tests' own.
    /// </summary>
    private static readonly string[] Limits = ["-max_total_time=10", "-timeout=10", "-rss_limit_mb=0", "-malloc_limit_mb=1024", "-max_len=32768"];

    /// <summary>Each a file of <c>native/probe/tests/fuzz</c>, with a corpus of its name.</summary>
    public static TheoryData<string> Targets => ["descriptor", "image", "memory", "heap"];

    [Theory]
    [MemberData(nameof(Targets))]
    public void BearsItsCorpusAndDamageToIt(string target)
    {
        string[] corpus = Corpus(target);
        string[] lines = NativeProgram.CompileAndRun(
            "cc", ["-std=gnu11", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"], Sources(target, $"{Folder}/main.c"), corpus);
        Assert.Equal(corpus.Length, lines.Length);
    }

    [RequiresFuzzerTheory]
    [MemberData(nameof(Targets))]
    public void BearsWhatAFuzzerMakesOfIt(string target)
    {
        string found = Directory.CreateTempSubdirectory().FullName;
        try
        {
            NativeProgram.CompileAndRun(
                "clang", ["-std=gnu11", "-O1", "-g", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=undefined"], Sources(target),
                [.. Limits, found, Path.Combine(NativeProgram.Directory, Folder, "corpus", target)]);
        }
        finally
        {
            Directory.Delete(found, recursive: true);
        }
    }

    /// <summary>Nobody has changed a file of it by hand, or the program that makes them without making them again.</summary>
    [Fact]
    public void TheCorpusOfHeapsIsWhatItsProgramMakes()
    {
        string made = Directory.CreateTempSubdirectory().FullName;
        try
        {
            NativeProgram.CompileAndRun([$"{Folder}/heap_make.c"], made);
            string[] corpus = Corpus("heap");
            Assert.Equal(corpus.Select(Path.GetFileName).Order(), Directory.GetFiles(made).Select(Path.GetFileName).Order());
            Assert.All(corpus, file => Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(made, Path.GetFileName(file)))));
        }
        finally
        {
            Directory.Delete(made, recursive: true);
        }
    }

    private static string[] Corpus(string target)
    {
        string[] files = Directory.GetFiles(Path.Combine(NativeProgram.Directory, Folder, "corpus", target));
        Assert.NotEmpty(files);
        return files;
    }

    /// <summary>The heap's target has the source of the memory's in it, and reads of its own.</summary>
    private static string[] Sources(string target, params string[] more) =>
        [$"{Folder}/{target}.c", .. more, .. NativeProgram.Sources(target == "heap" ? ["wire", "runtime", "walk", "locks", "heap"] : ["wire", "memory", "runtime"])];
}
