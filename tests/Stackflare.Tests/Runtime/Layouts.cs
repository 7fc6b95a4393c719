using Stackflare.Runtime;

namespace Stackflare.Tests.Runtime;

/// <summary>Tables with made-up offsets, each a multiple of eight in the order of the rows.</summary>
internal static class Layouts
{
    private static readonly string[] CodeFields =
    [
        "RangeSectionMap.TopLevelData", "RangeSectionFragment.Next", "RangeSectionFragment.RangeBegin", "RangeSectionFragment.RangeEndOpen", "RangeSectionFragment.RangeSection",
        "RangeSection.RangeBegin", "RangeSection.Flags", "RangeSection.HeapList", "RangeSection.R2RModule",
        "CodeHeapListNode.StartAddress", "CodeHeapListNode.EndAddress", "CodeHeapListNode.MapBase", "CodeHeapListNode.HeaderMap",
        "RealCodeHeader.DebugInfo", "RealCodeHeader.EHInfo", "RealCodeHeader.MethodDesc", "RealCodeHeader.NumUnwindInfos", "RealCodeHeader.UnwindInfos",
        "EEILException.Clauses", "EEExceptionClause.Flags", "EEExceptionClause.TypeHandle",
    ];

    /// <summary>The address of the map from addresses to code.</summary>
    public const ulong CodeMap = 0x10_0000;

    /// <param name="isRich">Whether it is that of .NET 11. Otherwise, it is that of .NET 10.0, which does not describe debug info.</param>
    public static CodeLayout Code(bool isRich = true) => Code(isRich ? "\"ExecutionManager\":\"c1\",\"DebugInfo\":\"c1\"" : "\"ExecutionManager\":2");

    public static CodeLayout Code(string contracts)
    {
        IEnumerable<string> types = CodeFields.GroupBy(static f => f.Split('.')[0]).Select(static group =>
            $"\"{group.Key}\":{{{(group.Key == "EEExceptionClause" ? "\"!\":32," : "")}{string.Join(',', group.Select(static (f, i) => $"\"{f.Split('.')[1]}\":{i * 8}"))}}}");
        string text = $"{{\"types\":{{{string.Join(',', types)},\"RuntimeFunction\":{{\"!\":12,\"BeginAddress\":0,\"EndAddress\":4,\"UnwindData\":8}}}},"
            + $"\"globals\":{{\"ExecutionManagerCodeRangeMapAddress\":\"0x{CodeMap:x}\",\"StubCodeBlockLast\":\"0xf\"}},"
            + $"\"contracts\":{{{contracts}}}}}";
        return new RuntimeLayout(ContractDescriptor.Parse(System.Text.Encoding.UTF8.GetBytes(text))!).Code!;
    }
}
