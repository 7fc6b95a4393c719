using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Cli.Harness;

/// <summary>Another name for a flavour's program, which no other test's processes have: a link to it.</summary>
internal sealed class Alias : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public Alias(Flavour flavour)
    {
        Name = $"Alias{Guid.NewGuid():N}";
        Flavour = flavour with { Executable = Path.Combine(_folder.Path, Name) };
        File.CreateSymbolicLink(Flavour.Executable, flavour.Executable);
    }

    /// <summary>The name of the program, as a process that runs it has it.</summary>
    public string Name { get; }

    public Flavour Flavour { get; }

    public void Dispose() => _folder.Dispose();
}
