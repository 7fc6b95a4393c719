using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Switches of the runtime that change what code and threads a process has.</summary>
public sealed class RuntimeSettingTests
{
    [Theory]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "DOTNET_gcServer", "1")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "DOTNET_gcConcurrent", "0")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "DOTNET_ReadyToRun", "0")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "DOTNET_EnableWriteXorExecute", "0")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "DOTNET_TC_QuickJit", "0")]
    [InFlavours(Spread.Newest, LooksAt.Stacks, "DOTNET_LegacyExceptionHandling", "1")]
    public async Task DumpsAreTheSameUnder(string flavour, string variable, string value)
    {
        var options = TargetOptions.Default with { Environment = new Dictionary<string, string?> { [variable] = value } };
        await using var target = await TargetProcess.StartAsync(Flavour.Named(flavour), "LanguageMembers", options);
        var dump = await target.WholeDumpAsync();
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Flavour.Named(flavour).AssertNotes(dump.Notes);
    }
}
