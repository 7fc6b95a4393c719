using System.Globalization;

namespace Stackflare.Processes;

/// <summary>
/// The kernel's view of the threads of a process. Reads the data of a thread on first use: most threads of a dump do not need it, and in a program
/// with a thousand threads, reading a file for each takes the most time. Not thread-safe.
/// </summary>
internal sealed class KernelTasks
{
    private const int MaxTasks = 200_000;

    private readonly Dictionary<int, TaskStat?> _known = [];
    private readonly List<int> _ids = [];
    private readonly Dictionary<int, int> _hostIds = [];
    private readonly int _pid;
    private readonly bool _isContained;
    private bool _isListed;

    /// <param name="pid">The process id in our pid namespace.</param>
    /// <param name="isContained">
    /// Whether the process has other ids in its own pid namespace, as in a container. Then these are listed, because snapshots contain them.
    /// </param>
    /// <param name="list">Whether the threads are listed immediately; otherwise on first use. The list is empty if the process has ended.</param>
    public KernelTasks(int pid, bool isContained = false, bool list = true)
    {
        (_pid, _isContained) = (pid, isContained);
        if (list)
            List();
    }

    private KernelTasks(Dictionary<int, TaskStat?> known)
    {
        _known = known;
        _ids = [.. known.Keys];
        _isListed = true;
    }

    private void List()
    {
        _isListed = true;
        try
        {
            foreach (string directory in Directory.EnumerateDirectories($"/proc/{_pid}/task"))
            {
                int id = int.Parse(Path.GetFileName(directory.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture);
                if (_isContained && ProcessFiles.InnermostId(directory) is { } own)
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

    /// <summary>The threads in a snapshot file.</summary>
    public static KernelTasks FromSnapshot(IReadOnlyDictionary<int, TaskStat> tasks) => new(tasks.ToDictionary(static t => t.Key, TaskStat? (t) => t.Value));

    /// <summary>The data of every thread by id, for a snapshot file.</summary>
    public Dictionary<int, TaskStat> All()
    {
        var all = new Dictionary<int, TaskStat>(Ids.Count);
        foreach (int id in Ids)
        {
            if (Find(id) is { } task)
                all[id] = task;
        }
        return all;
    }

    /// <summary>The kernel ids of the threads, in no order.</summary>
    public IReadOnlyList<int> Ids
    {
        get
        {
            if (!_isListed)
                List();
            return _ids;
        }
    }

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
        from id in Ids
        orderby id
        let task = Find(id)
        where task is not null
        select task.ToRuntimeThread(id) with { WaitChannel = ProcessFiles.WaitChannel(_pid, HostId(id)) };

    /// <summary>The id here of a thread whose id in its own pid namespace is known; 0, which is no thread, if it is not known.</summary>
    public int HostId(int id)
    {
        if (_isContained && !_isListed)
            List();
        return _isContained ? _hostIds.GetValueOrDefault(id) : id;
    }
}
