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

    /// <summary>Writes the requests that the program serves; null if async stacks were not searched.</summary>
    public void WriteRequests()
    {
        if (!view.Dump.HasAsyncStacks)
        {
            json.WriteNull("requests");
            return;
        }
        var groups = new Dictionary<AsyncStack, int>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < view.Async.All.Count && view.Dump.Requests.Count > 0; i++)
        {
            foreach ((AsyncStack stack, _) in view.Async.All[i].Stacks)
                groups[stack] = i;
        }
        json.WriteStartArray("requests");
        foreach (RequestInFlight request in view.Dump.Requests)
        {
            json.WriteStartObject();
            json.WriteString("method", request.Method);
            json.WriteString("path", request.Path);
            json.WriteMilliseconds("ageMs", request.Age);
            json.WriteString("traceId", request.TraceId);
            json.WriteBoolean("upgraded", request.IsUpgraded);
            json.WriteThread("thread", request.Thread);
            json.WriteOptional("asyncStack", request.AsyncStack is { } stack && groups.TryGetValue(stack, out int group) ? group : null);
            json.WriteEndObject();
        }
        json.WriteEndArray();
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

    private void WriteChannel(AsyncWait? wait)
    {
        if (wait is null)
        {
            json.WriteNull("channel");
            return;
        }
        json.WriteStartObject("channel");
        json.WriteOptional("items", wait.Items);
        json.WriteOptional("capacity", wait.Capacity);
        json.WriteOptional("readers", wait.Readers);
        json.WriteOptional("writers", wait.Writers);
        json.WriteEndObject();
    }

    private void WriteWait(AsyncStackGroup group, int depth)
    {
        AsyncWait wait = group.Wait;
        DueTimes due = group.Due();
        json.WriteStartObject("waitingFor");
        json.WriteString("kind", JsonNames.Name(wait.Kind));
        json.WriteString("type", wait.Type);
        json.WriteString("operation", wait.Operation);
        json.WriteStrings("remoteEnds", [.. group.RemoteEnds().Take(MaxObjects).Select(static e => e.End)]);
        json.WriteStrings("objects", [.. group.Objects(MaxObjects).Select(static o => o.ToString())]);
        json.WriteMilliseconds("dueInMs", due.Least);
        json.WriteMilliseconds("lastDueInMs", due.Most);
        json.WriteOptional("pending", wait.Pending);
        json.WriteOptional("total", wait.Total);
        WriteChannel(group.Channel);
        WriteGroups("unfinished", view.Async.Unfinished(group, depth, out _), depth + 1);
        json.WriteThread("thread", wait.Thread);
        json.WriteEndObject();
    }
}
