using Stackflare.EndToEnd.Harness;

namespace Stackflare.EndToEnd.Truth;

/// <summary>Switches of the runtime that change what code and threads a process has.</summary>
public sealed class RuntimeSettingTests
{
    [Theory]
    [InlineData("DOTNET_gcServer", "1")]
    [InlineData("DOTNET_gcConcurrent", "0")]
    [InlineData("DOTNET_ReadyToRun", "0")]
    [InlineData("DOTNET_EnableWriteXorExecute", "0")]
    [InlineData("DOTNET_TC_QuickJit", "0")]
    [InlineData("DOTNET_LegacyExceptionHandling", "1")]
    public async Task DumpsAreTheSameUnder(string variable, string value)
    {
        var options = TargetOptions.Default with { Environment = new Dictionary<string, string?> { [variable] = value } };
        await using var target = await TargetProcess.StartAsync(Flavour.Optimized, "LanguageMembers", options);
        var dump = await target.DumpAsync();
        Assert.All(target.Truth.Threads, thread => thread.AssertIn(dump));
        Assert.Empty(dump.Notes);
    }
}
