using System.Globalization;
using Stackflare.Capture;
using Stackflare.Snapshots;

namespace Stackflare.Cli.Commands;

/// <summary>Saves snapshots with the symbols of this machine: one to the given file, several to numbered files.</summary>
internal static class RawFiles
{
    public static void Save(string file, ProcessCapture capture, IEnumerable<Snapshot> samples, Sampling sampling, Action<Snapshot>? saved = null)
    {
        int number = 0;
        foreach (Snapshot sample in samples)
        {
            number++;
            string path = sampling.Count == 1 ? file : string.Create(CultureInfo.InvariantCulture, $"{file}.{number:0000}");
            capture.Save(sample, path);
            saved?.Invoke(sample);
        }
    }
}
