using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli;

/// <summary>Targets that see another file system, other ids or another network than the tool does.</summary>
public sealed class ContainerTests
{
    private const string Run = " \"$0\" \"$@\"", MountTemporary = "mount -t tmpfs none \"$TMPDIR\" && ", AsRoot = "-pmnf --mount-proc --kill-child";

    /// <summary>What of a target is its own: the namespaces, and what is done in them before it begins.</summary>
    private static readonly Dictionary<string, (string Namespaces, string Before)> Ways = new()
    {
        ["mounts"] = ("-m", MountTemporary),
        ["process ids"] = ("-pmf --mount-proc --kill-child", ""),
        ["network"] = ("-n", ""),
        ["all of them"] = (AsRoot, MountTemporary),
        ["root directory"] = ("-m", "mount --rbind / \"$TMPDIR\" && exec chroot \"$TMPDIR\""),
        ["temporary directory, without execution"] = ("-m", "mount -t tmpfs -o noexec none \"$TMPDIR\" && "),
    };

    [RequiresNamespacesTheory]
    [InlineData("optimized", "mounts")]
    [InlineData("optimized", "process ids")]
    [InlineData("optimized", "network")]
    [InlineData("optimized", "all of them")]
    [InlineData("net8", "all of them")]
    [InlineData("net9", "all of them")]
    [InlineData("single file, compressed", "all of them")]
    [InlineData("single file, shared runtime", "all of them")]
    [InlineData("net11", "mounts")]
    [InlineData("net11", "all of them")]
    [InlineData("net11, single file, compressed", "all of them")]
    [InlineData("optimized", "root directory")]
    [InlineData("optimized", "temporary directory, without execution")]
    public async Task ATargetInNamespacesOfItsOwn(string flavour, string way)
    {
        var (namespaces, before) = Ways[way];
        await using var target = await StartAsync(flavour, namespaces, before);
        await AssertDumpedAsync(target, ToolOptions.Default);
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
        Assert.Matches($@"(?m)^ *{target.Pid}  ", (await Tool.RunAsync("ps")).Output);
        await target.AssertAliveAsync();
    }

    /// <summary>A link with an absolute path leads to a directory of the target's that we have none of that name of: its socket is there, and what it can load.</summary>
    [RequiresNamespacesTheory]
    [InlineData("/mnt/stackflare-behind")]
    [InlineData("stackflare-behind")]
    public async Task ATargetWithItsTemporaryDirectoryBehindALink(string link)
    {
        string before = $"mount -t tmpfs none /mnt && mkdir /mnt/stackflare-behind && ln -s {link} /mnt/stackflare-link && export TMPDIR=/mnt/stackflare-link && ";
        await using var target = await StartAsync("optimized", AsRoot, before);
        await AssertDumpedAsync(target, ToolOptions.Default);
        OwnFiles.AssertNoneIn(target.Pid, "/mnt/stackflare-behind");
        Assert.Matches($@"(?m)^ *{target.Pid}  ", (await Tool.RunAsync("ps")).Output);
        await target.AssertAliveAsync();
    }

    /// <summary>What counts is how the directory is mounted that the link leads to, and not the one that the link is in.</summary>
    [RequiresNamespacesFact]
    public async Task ATemporaryDirectoryBehindALinkFromWhichNothingCanBeLoaded()
    {
        const string before = "mount -t tmpfs none /mnt && mkdir /mnt/noexec && mount -t tmpfs -o noexec none /mnt/noexec && ln -s /mnt/noexec /mnt/link && export TMPDIR=/mnt/link && ";
        await using var target = await StartAsync("optimized", AsRoot, before);
        await AssertDumpedAsync(target, ToolOptions.Default);
        OwnFiles.AssertNoneIn(target.Pid, "/mnt/noexec");
    }

    /// <summary>Where the kernel cannot be told to follow links as the process would, a process without such links is dumped all the same.</summary>
    [RequiresNamespacesTheory]
    [InlineData("38")]
    [InlineData("1")]
    public async Task AToolOnAnOlderKernel(string error)
    {
        using var folder = new TemporaryFolder();
        string launcher = Path.Combine(folder.Path, "older");
        await FakeRuntime.CompileAsync([Path.Combine(TestPaths.RepositoryRoot, "tests", "Stackflare.EndToEnd", "Cli", "Harness", "older_kernel.c"), "-o", launcher]);
        await using var target = await StartAsync("optimized", AsRoot, MountTemporary);
        await AssertDumpedAsync(target, new ToolOptions { Launcher = [launcher, error] });
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
    }

    /// <summary>The tool in the container, beside the target: there the two see the same.</summary>
    [RequiresNamespacesTheory]
    [InlineData(AsRoot, MountTemporary, "-p", "-m", "-n")]
    [InlineData("-m", "mount -t tmpfs -o noexec none \"$TMPDIR\" && ", "-m")]
    public async Task TheToolInTheContainer(string namespaces, string before, params string[] enter)
    {
        await using var target = await StartAsync("optimized", namespaces, before);
        var inside = new ToolOptions { Launcher = ["nsenter", "-t", $"{target.Pid}", .. enter] };
        await AssertDumpedAsync(target, inside, target.Truth.Pid);
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
    }

    /// <summary>The tool in a container beside the target's, with which it shares nothing but a directory.</summary>
    [RequiresNamespacesFact]
    public async Task TheToolInAContainerBesideTheTargets()
    {
        await using var target = await StartAsync("optimized", AsRoot, "");
        var socket = Directory.GetFiles(target.TemporaryFolder, "dotnet-diagnostic-*").Single();
        var beside = new ToolOptions { Launcher = ["unshare", .. AsRoot.Split(' ')] };
        var dump = (await Tool.RunAsync(beside, socket, "-f", "json")).Json;
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));

        // The list has its name, and the name finds it.
        var shared = beside with { Environment = new Dictionary<string, string?> { ["TMPDIR"] = target.TemporaryFolder } };
        string list;
        // On a busy machine, the runtime may not say its name in time.
        var deadline = Deadline.In();
        do
            list = (await Tool.RunAsync(shared, "ps")).Output;
        while (!list.Contains("  Shapes  ", StringComparison.Ordinal) && deadline.Left > TimeSpan.Zero);
        Assert.Contains("  Shapes  ", list, StringComparison.Ordinal);
        Assert.Equal(target.Truth.Pid, (await Tool.RunAsync(shared, "Shapes", "-f", "json")).Json.ProcessId);
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
    }

    /// <summary>No library can be loaded from anywhere, but assemblies can.</summary>
    [RequiresNamespacesFact]
    public async Task ATargetThatCanLoadFromNowhereIsReadFromOutside()
    {
        const string forbid = "for d in /tmp /var/tmp /dev/shm; do mount --bind $d $d && mount -o remount,bind,noexec $d || exit; done; exec dotnet \"$0.dll\" \"$@\"";
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap with { Shell = $"exec unshare -m /bin/sh -c '{forbid}'{Run}" });
        var result = await Tool.RunAsync($"{target.Pid}");
        Assert.Matches("(?m)^Note: The probe could not be used: There is no directory from which process", result.Output);
        Assert.All(target.Truth.Threads, thread => Assert.Contains($" tid={thread.OsId} ", result.Output, StringComparison.Ordinal));
        OwnFiles.AssertNoneIn(target.Pid, target.TemporaryFolder);
        await target.AssertAliveAsync();
    }

    /// <summary>TMPDIR is set for all other targets.</summary>
    [Fact]
    public async Task ATargetWithTheUsualTemporaryDirectory()
    {
        await using var target = await TargetProcess.StartAsync(
            Flavour.Optimized, "NamedThreads", TargetOptions.NoTrap with { Environment = new Dictionary<string, string?> { ["TMPDIR"] = null } });
        // Programs that were killed leave theirs: the number after the id says that it is this one's.
        string start = (await File.ReadAllTextAsync($"/proc/{target.Pid}/stat", TestContext.Current.CancellationToken)).Split(") ")[^1].Split(' ')[19];
        Assert.True(File.Exists($"/tmp/dotnet-diagnostic-{target.Pid}-{start}-socket"));
        await AssertDumpedAsync(target, ToolOptions.Default);
    }

    [RequiresOtherUserFact]
    public async Task AnotherUsersTargetForRoot()
    {
        using var program = new PublicProgram(Flavour.Optimized);
        await using var target = await StartAsNobodyAsync(program);
        await AssertDumpedAsync(target, ToolOptions.Default);
        OwnFiles.AssertNoneIn(target.Pid, program.TemporaryDirectory);
        Assert.Contains(
            (await Tool.RunAsync("ps")).Output.Split('\n'), l => l.TrimStart().StartsWith($"{target.Pid} ", StringComparison.Ordinal) && l.Contains("  nobody  ", StringComparison.Ordinal));
    }

    /// <summary>Without any privilege.</summary>
    [RequiresOtherUserFact]
    public async Task AnotherUsersTargetForThatUser()
    {
        using var program = new PublicProgram(Flavour.Optimized);
        await using var target = await StartAsNobodyAsync(program);
        await AssertDumpedAsync(target, new ToolOptions { Launcher = Needs.Nobody, Executable = program.Tool });
        OwnFiles.AssertNoneIn(target.Pid, program.TemporaryDirectory);
    }

    private static Task<TargetProcess> StartAsync(string flavour, string namespaces, string before)
    {
        var exec = before.EndsWith("&& ", StringComparison.Ordinal) || before.Length == 0 ? before + "exec" : before;
        return TargetProcess.StartAsync(
            Flavour.Named(flavour), "NamedThreads", TargetOptions.NoTrap with { Shell = $"exec unshare {namespaces} /bin/sh -c '{exec}{Run}'{Run}" });
    }

    private static Task<TargetProcess> StartAsNobodyAsync(PublicProgram program) => TargetProcess.StartAsync(
        program.Flavour,
        "NamedThreads",
        TargetOptions.NoTrap with
        {
            Shell = $"exec {string.Join(' ', Needs.Nobody)}{Run}",
            Environment = new Dictionary<string, string?> { ["TMPDIR"] = program.TemporaryDirectory },
        });

    /// <summary>Twice: nothing of the first dump is in the way of the second.</summary>
    private static async Task AssertDumpedAsync(TargetProcess target, ToolOptions options, int? id = null)
    {
        for (var i = 0; i < 2; i++)
        {
            var dump = (await Tool.RunWholeAsync(options, $"{id ?? target.Pid}", "-f", "json")).Json;
            Assert.Equal(id ?? target.Pid, dump.ProcessId);
            Assert.Equal(target.Truth.Pid, dump.Threads.Single(t => t.IsMain).OsId);
            Assert.All(target.Truth.Threads, thread =>
            {
                thread.AssertIn(dump);
                Assert.Equal("complete", dump.Of(thread).Completeness);
            });
            target.Flavour.AssertNotes(dump.Notes);
        }
    }
}
