using System.Globalization;
using Stackflare.Capture;
using Stackflare.Snapshots;

namespace Stackflare.Cli.Commands;

/// <summary>Saves snapshots as they are, with what is known of them here: the one to the file that was named, more than one to numbered ones.</summary>
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
