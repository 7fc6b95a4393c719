using System.Globalization;

namespace Stackflare.Processes;

/// <summary>
/// The threads of a process by the kernel: which there are is listed at once, what is said of one is read when it is asked for. Most
/// threads of a dump need nothing of it, and in a program of a thousand threads a file for each is what takes longest. For one thread.
/// </summary>
internal sealed class KernelTasks
{
    private const int MaxTasks = 200_000;

    private readonly Dictionary<int, TaskStat?> _known = [];
    private readonly List<int> _ids = [];
    private readonly Dictionary<int, int> _hostIds = [];
    private readonly int _pid;

    /// <summary>Lists the threads; there are none when the process has ended.</summary>
    /// <param name="pid">The process, as we see it.</param>
    /// <param name="isContained">Whether it sees itself by other ids, as in a container. Its own are then what is listed, as a snapshot has them.</param>
    public KernelTasks(int pid, bool isContained = false)
    {
        _pid = pid;
        try
        {
            foreach (string directory in Directory.EnumerateDirectories($"/proc/{pid}/task"))
            {
                int id = int.Parse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture);
                if (isContained && ProcessFiles.InnermostId(directory) is { } own)
                {
                    _hostIds[own] = id;
                    id = own;
                }
                _ids.Add(id);
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
    public static KernelTasks Of(IReadOnlyDictionary<int, TaskStat> tasks) => new(tasks.ToDictionary(static t => t.Key, TaskStat? (t) => t.Value));

    /// <summary>What the kernel says of every thread, by id: what a snapshot file keeps.</summary>
    public Dictionary<int, TaskStat> All()
    {
        var all = new Dictionary<int, TaskStat>(_ids.Count);
        foreach (int id in _ids)
        {
            if (Find(id) is { } task)
                all[id] = task;
        }
        return all;
    }

    /// <summary>The kernel's ids of the threads there were, in no order.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>What the kernel says of a thread when it is first asked for; null if the thread has ended by then.</summary>
    public TaskStat? Find(int id)
    {
        if (!_known.TryGetValue(id, out TaskStat? task))
            _known[id] = task = ProcessFiles.Task(_pid, HostId(id));
        return task;
    }

    /// <summary>
    /// Sees how long threads have been off the processor, for <see cref="TaskStat.OffProcessor"/>. It costs some files a thread and the going to every
    /// processor that one was on, so it is done for <see cref="Processes.OffProcessor.MostThreads"/> at most; none of them is woken for it.
    /// </summary>
    public void MeasureOffCpuTime(IEnumerable<int> threads)
    {
        int[] ids = [.. threads.Take(Processes.OffProcessor.MostThreads)];
        if (_pid == 0)
            return;
        TimeSpan?[] times = Processes.OffProcessor.Of(_pid, Array.ConvertAll(ids, HostId));
        for (int i = 0; i < ids.Length; i++)
        {
            if (times[i] is { } time && Find(ids[i]) is { } task)
                _known[ids[i]] = task with { OffProcessor = time };
        }
    }

    /// <summary>How long a thread has been off the processor, if that was seen; null if not.</summary>
    public TimeSpan? OffProcessor(int id) => _known.TryGetValue(id, out TaskStat? task) ? task?.OffProcessor : null;

    /// <summary>The same of every thread, with the function of the kernel's that it waits in.</summary>
    public IEnumerable<RuntimeThread> Waiting() =>
        from id in _ids
        orderby id
        let task = Find(id)
        where task is not null
        select task.ToRuntimeThread(id) with { WaitChannel = ProcessFiles.WaitChannel(_pid, HostId(id)) };

    private int HostId(int id) => _hostIds.GetValueOrDefault(id, id);
}
