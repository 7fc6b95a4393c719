using System.Globalization;
using Stackflare.Capture;
using Stackflare.Triggers;

namespace Stackflare.Cli.Commands;

/// <summary>Saves snapshots as they are: the one to the file that was named, more than one to numbered ones.</summary>
internal static class RawFiles
{
    public static void Save(string file, IEnumerable<ProcessSample> samples, Sampling sampling)
    {
        int number = 0;
        foreach (ProcessSample sample in samples)
        {
            number++;
            string path = sampling.Count == 1 ? file : string.Create(CultureInfo.InvariantCulture, $"{file}.{number:0000}");
            SnapshotFile.Save(path, sample.Snapshot.Encoded, sample.Facts);
        }
    }
}
