using System.Globalization;

namespace Stackflare.Capture;

/// <summary>
/// The threads of a process by the kernel: which there are is listed at once, what is said of one is read when it is asked for. Most
/// threads of a dump need nothing of it, and in a program of a thousand threads a file for each is what takes longest. For one thread.
/// </summary>
internal sealed class KernelTasks
{
    private const int MaxTasks = 200_000;

    private readonly Dictionary<int, TaskStat?> _known = [];
    private readonly List<int> _ids = [];
    private readonly int _pid;

    /// <summary>Lists the threads; there are none when the process has ended.</summary>
    public KernelTasks(int pid)
    {
        _pid = pid;
        try
        {
            foreach (string directory in Directory.EnumerateDirectories($"/proc/{pid}/task"))
            {
                _ids.Add(int.Parse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture));
                if (_ids.Count == MaxTasks)
                    break;
            }
        }
        catch (IOException)
        {
            // The process ended while its threads were listed: what was read is what there is.
        }
    }

    private KernelTasks(Dictionary<int, TaskStat?> known)
    {
        _known = known;
        _ids = [.. known.Keys];
    }

    /// <summary>The threads that a snapshot file names.</summary>
    public static KernelTasks Of(IReadOnlyDictionary<int, TaskStat> tasks) => new(tasks.ToDictionary(t => t.Key, TaskStat? (t) => t.Value));

    /// <summary>Reads all there is of every thread now: by the ids that the process sees itself, and with where in the kernel they wait.</summary>
    public static Dictionary<int, TaskStat> ReadAll(int pid)
    {
        var tasks = new Dictionary<int, TaskStat>();
        foreach (int id in new KernelTasks(pid).Ids)
        {
            string directory = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/task/{id}");
            if (ProcessFiles.Task(pid, id) is { } task)
                tasks[ProcessFiles.InnermostId(directory) ?? id] = task with { WaitChannel = ProcessFiles.WaitChannel(directory) };
        }
        return tasks;
    }

    /// <summary>The kernel's ids of the threads there were, in no order.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>What the kernel says of a thread when it is first asked for; null if the thread has ended by then.</summary>
    public TaskStat? Find(int id)
    {
        if (!_known.TryGetValue(id, out TaskStat? task))
            _known[id] = task = ProcessFiles.Task(_pid, id);
        return task;
    }
}
