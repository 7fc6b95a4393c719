using System.Text.Json;
using Stackflare.Analysis;
using Stackflare.Views;

namespace Stackflare.Writers.Json;

/// <summary>The async stacks in JSON, always in groups: a hundred thousand stacks are usually a few groups.</summary>
internal sealed class JsonAsync(Utf8JsonWriter json, JsonStacks stacks, DumpView view)
{
    /// <summary>At most this many objects are listed for a group.</summary>
    internal const int MaxObjects = 16;

    public void Write()
    {
        if (view.Dump.HasAsyncStacks)
            WriteGroups("asyncStacks", view.Async.All, depth: 0);
        else
            json.WriteNull("asyncStacks");
    }

    private void WriteGroups(string name, IReadOnlyList<AsyncStackGroup> groups, int depth)
    {
        json.WriteStartArray(name);
        foreach (AsyncStackGroup group in groups)
        {
            json.WriteStartObject();
            json.WriteNumber("count", group.Count);
            json.WriteNumber("calls", group.Calls());
            json.WriteOptional("unchanged", view.UnchangedIn(group, isInner: true));
            stacks.Write("stack", group.First.Frames);
            json.WriteBoolean("truncated", group.First.IsTruncated);
            json.WriteBoolean("ofPlatform", group.First.IsOfPlatform);
            WriteWait(group, depth);
            json.WriteThreads("blockedThreads", group.BlockedThreads);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private void WriteWait(AsyncStackGroup group, int depth)
    {
        AsyncWait wait = group.Wait;
        DueTimes due = group.Due();
        json.WriteStartObject("waitingFor");
        json.WriteString("kind", JsonNames.Name(wait.Kind));
        json.WriteString("type", wait.Type);
        json.WriteString("operation", wait.Operation);
        json.WriteStrings("objects", [.. group.Objects(MaxObjects).Select(static o => o.ToString())]);
        json.WriteMilliseconds("dueInMs", due.Least);
        json.WriteMilliseconds("lastDueInMs", due.Most);
        json.WriteOptional("pending", wait.Pending);
        json.WriteOptional("total", wait.Total);
        WriteGroups("unfinished", view.Async.Unfinished(group, depth, out _), depth + 1);
        json.WriteThread("thread", wait.Thread);
        json.WriteEndObject();
    }
}
