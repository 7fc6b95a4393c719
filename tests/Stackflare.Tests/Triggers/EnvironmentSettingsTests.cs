using Stackflare.Triggers;

namespace Stackflare.Tests.Triggers;

public sealed class EnvironmentSettingsTests
{
    [Fact]
    public void EveryFormatCanBeSetAndIsNamedInTheRemedy()
    {
        string remedy = Assert.Throws<InvalidSettingException>(() => EnvironmentSettings.ParseFormat("xml")).Remedy;
        foreach (var format in Enum.GetValues<DumpFormat>())
        {
            string name = format.ToString().ToLowerInvariant();
            Assert.Equal(format, EnvironmentSettings.ParseFormat(name));
            Assert.Contains(name, remedy, StringComparison.Ordinal);
        }
    }
}
