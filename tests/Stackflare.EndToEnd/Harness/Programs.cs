using System.ComponentModel;
using System.Diagnostics;

namespace Stackflare.EndToEnd.Harness;

/// <summary>Starts programs, also those that a test has just copied.</summary>
internal static class Programs
{
    /// <summary>ETXTBSY.</summary>
    private const int Busy = 26;

    /// <summary>
    /// Starts a program. If another test starts one while a copy is being written, its process has the file open for writing until it is another program: for that moment, the kernel refuses to run the copy.
    /// </summary>
    public static Process Start(ProcessStartInfo start)
    {
        for (var deadline = Deadline.In(TimeSpan.FromSeconds(30)); ;)
        {
            try
            {
                return Process.Start(start)!;
            }
            catch (Win32Exception e) when (e.NativeErrorCode == Busy && deadline.Left > TimeSpan.Zero)
            {
                Thread.Sleep(20);
            }
        }
    }
}
