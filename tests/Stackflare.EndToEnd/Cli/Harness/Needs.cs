using System.ComponentModel;
using System.Diagnostics;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>What some tests need of the machine; found out once, by trying.</summary>
internal static class Needs
{
    private static readonly string[] AsNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    private static readonly Lazy<string?> NoNamespaces = new(() => Succeeds("unshare -pmnf --mount-proc mount -t tmpfs none /mnt && nsenter -t $$ -m true")
        ? null
        : "namespaces of its own need root, and the commands unshare, nsenter and mount");

    private static readonly Lazy<string?> NoOtherUser = new(() => Succeeds($"cd / && {string.Join(' ', AsNobody)} dotnet --list-runtimes")
        ? null
        : "another user's process needs root, the command setpriv, and a .NET that everybody may run");

    /// <summary>Runs a command as a user who is nobody.</summary>
    public static IReadOnlyList<string> Nobody => AsNobody;

    public static string? Namespaces => NoNamespaces.Value;

    public static string? OtherUser => NoOtherUser.Value;

    private static bool Succeeds(string script)
    {
        try
        {
            using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            shell.StandardOutput.ReadToEnd();
            shell.WaitForExit();
            return shell.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
