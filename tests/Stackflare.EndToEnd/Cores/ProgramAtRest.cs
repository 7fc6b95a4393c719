using Stackflare.EndToEnd.Cli.Harness;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cores;

/// <summary>A program whose threads all wait. However it is read, the dump has the locks, waits, findings and pool that the probe finds.</summary>
internal static class ProgramAtRest
{
    /// <summary>Reads a program in another way. It says the same as the dumps by the probe before and after it.</summary>
    public static async Task<JsonDump> SameAsync(TargetProcess target, Func<Task<JsonDump>> read)
    {
        string[] before, after = LockText.Of(await DumpAsync(target));
        for (int look = 1; ; look++)
        {
            before = after;
            JsonDump dump = await read();
            string[] found = LockText.Of(dump);
            after = LockText.Of(await Tool.DumpAsync(target, "--async"));
            if (before.SequenceEqual(after) && found.SequenceEqual(after) && IsAtRest(target, dump))
                return dump;
            // One at a barrier wakes now and then.
            Assert.True(look < 5, $"the process\n{string.Join('\n', after.Except(found))}\nand what was read\n{string.Join('\n', found.Except(after))}\n{target.Describe()}");
        }
    }

    /// <summary>Takes a dump by the probe. Threads that have just said that they will wait may not do so yet.</summary>
    public static async Task<JsonDump> DumpAsync(TargetProcess target)
    {
        JsonDump? dump = null;
        string[] now = [];
        await Poll.UntilAsync(
            async () =>
            {
                string[] before = now;
                now = LockText.Of(dump = await Tool.DumpAsync(target, "--async"));
                return before.SequenceEqual(now) && IsAtRest(target, dump);
            },
            "the program to be at rest",
            () => $"{string.Join('\n', now)}\n{target.Describe()}");
        return dump!;
    }

    private static bool IsAtRest(TargetProcess target, JsonDump dump) => target.Truth.Threads.All(t => t.Wanted is null || dump.Of(t).IsWaiting);
}
