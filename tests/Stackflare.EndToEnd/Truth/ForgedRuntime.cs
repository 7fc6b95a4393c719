using System.Text;
using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>A copy of .NET 11 whose data contract says something else than it should.</summary>
internal static class ForgedRuntime
{
    /// <param name="folder">Where the copy is made.</param>
    /// <param name="original">What the contract's text has, wherever it has it.</param>
    /// <param name="forged">Something of the same length.</param>
    public static Flavour Make(string folder, string original, string forged)
    {
        Assert.Equal(original.Length, forged.Length);
        Flavour from = Flavour.Net11SelfContained;
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(from.Executable)!))
        {
            string copy = Path.Combine(folder, Path.GetFileName(file));
            if (Path.GetFileName(file) != "libcoreclr.so")
            {
                // The runtime is looked for beside the program, where that really is: of what lies there, only libraries can be links.
                if (Path.GetFileName(file).StartsWith("System.", StringComparison.Ordinal))
                    File.CreateSymbolicLink(copy, file);
                else
                    File.Copy(file, copy);
                continue;
            }
            byte[] bytes = File.ReadAllBytes(file), what = Encoding.ASCII.GetBytes(original);
            int count = 0;
            for (int at = 0, next; (next = bytes.AsSpan(at).IndexOf(what)) >= 0; at += next + 1, count++)
                Encoding.ASCII.GetBytes(forged).CopyTo(bytes.AsSpan(at + next));
            Assert.True(count > 0, "The runtime's contract has no " + original);
            File.WriteAllBytes(copy, bytes);
        }
        // The host looks for its files where its own executable really is.
        string executable = Path.Combine(folder, Path.GetFileName(from.Executable));
        File.Delete(executable);
        File.Copy(from.Executable, executable);
        return @from with { Executable = executable };
    }
}
