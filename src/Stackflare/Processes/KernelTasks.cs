using System.Globalization;

namespace Stackflare.Processes;

/// <summary>
/// The kernel's view of the threads of a process. Lists them immediately, and reads the data of a thread on first use. Most
/// threads of a dump do not need it, and in a program with a thousand threads, reading a file for each takes the most time. Not thread-safe.
/// </summary>
internal sealed class KernelTasks
{
    private const int MaxTasks = 200_000;

    private readonly Dictionary<int, TaskStat?> _known = [];
    private readonly List<int> _ids = [];
    private readonly Dictionary<int, int> _hostIds = [];
    private readonly int _pid;

    /// <summary>Lists the threads; empty if the process has ended.</summary>
    /// <param name="pid">The process id in our pid namespace.</param>
    /// <param name="isContained">
    /// Whether the process has other ids in its own pid namespace, as in a container. Then these are listed, because snapshots contain them.
    /// </param>
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
            // The process ended while its threads were listed. The result is what was read before.
        }
    }

    private KernelTasks(Dictionary<int, TaskStat?> known)
    {
        _known = known;
        _ids = [.. known.Keys];
    }

    /// <summary>The threads in a snapshot file.</summary>
    public static KernelTasks FromSnapshot(IReadOnlyDictionary<int, TaskStat> tasks) => new(tasks.ToDictionary(static t => t.Key, TaskStat? (t) => t.Value));

    /// <summary>The data of every thread by id, for a snapshot file.</summary>
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

    /// <summary>The kernel ids of the threads, in no order.</summary>
    public IReadOnlyList<int> Ids => _ids;

    /// <summary>The data of a thread, read on first use; null if the thread has ended by then.</summary>
    public TaskStat? Find(int id)
    {
        if (!_known.TryGetValue(id, out TaskStat? task))
            _known[id] = task = ProcessFiles.Task(_pid, HostId(id));
        return task;
    }

    /// <summary>
    /// Measures how long threads have been off the processor, for <see cref="TaskStat.OffCpuTime"/>. It costs a few /proc reads for each thread,
    /// and one migration to each processor that such a thread last ran on. So it is done for <see cref="OffCpuTimes.MaxThreads"/> threads
    /// at most. It does not wake them.
    /// </summary>
    public void MeasureOffCpuTime(IEnumerable<int> threads)
    {
        int[] ids = [.. threads.Take(OffCpuTimes.MaxThreads)];
        if (_pid == 0)
            return;
        TimeSpan?[] times = OffCpuTimes.Measure(_pid, Array.ConvertAll(ids, HostId));
        for (int i = 0; i < ids.Length; i++)
        {
            if (times[i] is { } time && Find(ids[i]) is { } task)
                _known[ids[i]] = task with { OffCpuTime = time };
        }
    }

    /// <summary>How long a thread has been off the processor; null if that was not measured.</summary>
    public TimeSpan? OffCpuTime(int id) => _known.TryGetValue(id, out TaskStat? task) ? task?.OffCpuTime : null;

    /// <summary>The data of every thread, with the kernel function in which it waits.</summary>
    public IEnumerable<RuntimeThread> Waiting() =>
        from id in _ids
        orderby id
        let task = Find(id)
        where task is not null
        select task.ToRuntimeThread(id) with { WaitChannel = ProcessFiles.WaitChannel(_pid, HostId(id)) };

    /// <summary>The id here of a thread whose id in its own pid namespace is known; 0, which is no thread, if it is not known.</summary>
    public int HostId(int id) => _hostIds.Count == 0 ? id : _hostIds.GetValueOrDefault(id);
}
