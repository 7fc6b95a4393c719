using Stackflare.Triggers;

namespace Stackflare.Tests.Triggers;

public sealed class DumpBudgetTests
{
    [Fact]
    public void A_dump_soon_after_another_is_refused()
    {
        var budget = new DumpBudget(100);
        Assert.Equal([true, false, true, false], Take(budget, cooldown: 10, 0, 9.9, 10, 19));
        Assert.False(budget.IsFirstRefusal);
        Assert.Equal([true, true], Take(budget, cooldown: 0, 19, 19));
    }

    [Fact]
    public void Any_hour_has_at_most_its_number_of_dumps()
    {
        var budget = new DumpBudget(2);
        Assert.Equal([true, true, false], Take(budget, cooldown: 0, 0, 1800, 3599));
        Assert.True(budget.IsFirstRefusal);
        Assert.Equal([false], Take(budget, cooldown: 0, 3599.9));
        Assert.False(budget.IsFirstRefusal);
        Assert.Equal([true, false], Take(budget, cooldown: 0, 3600, 3601));
        Assert.True(budget.IsFirstRefusal);
        Assert.Equal([true], Take(budget, cooldown: 0, 5400));
    }

    private static bool[] Take(DumpBudget budget, double cooldown, params double[] seconds) =>
        [.. seconds.Select(s => budget.TryTake(TimeSpan.FromSeconds(s), TimeSpan.FromSeconds(cooldown)))];
}
