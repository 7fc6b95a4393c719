using System.Diagnostics.Tracing;
using Microsoft.Diagnostics.NETCore.Client;

namespace Stackflare.BenchEventPipe;

/// <summary>A recording of the sampling profiler's events, in a directory of its own that goes with it.</summary>
internal sealed class TraceFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("stackflare-bench-");

    private TraceFile()
    {
    }

    internal string Path => System.IO.Path.Combine(_directory.FullName, "samples.nettrace");

    /// <summary>
    /// Records a process for a while. At the end of it the runtime tells the names and addresses of all methods it has compiled, without
    /// which the samples are but addresses.
    /// </summary>
    internal static TraceFile Record(int process, TimeSpan duration)
    {
        TraceFile trace = new();
        EventPipeProvider sampler = new("Microsoft-DotNETCore-SampleProfiler", EventLevel.Informational);
        using EventPipeSession session = new DiagnosticsClient(process).StartEventPipeSession([sampler], requestRundown: true);
        using FileStream file = File.Create(trace.Path);
        Task copy = session.EventStream.CopyToAsync(file);
        Thread.Sleep(duration);
        session.Stop();
        copy.Wait();
        return trace;
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
