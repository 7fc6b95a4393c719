using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Stackflare.Snapshots.Format;
using Stackflare.Tests.NativeProbe;

namespace Stackflare.Tests.Snapshots.Format;

/// <summary>Holds the C# mirror of the wire format against what the C compiler makes of the header.</summary>
public sealed class SnapshotRecordsTests
{
    private static readonly Dictionary<string, Type> Mirrors = new()
    {
        ["sf_request"] = typeof(RequestRecord),
        ["sf_seen"] = typeof(SeenRecord),
        ["sf_header"] = typeof(HeaderRecord),
        ["sf_directory_entry"] = typeof(DirectoryEntry),
        ["sf_info"] = typeof(InfoRecord),
        ["sf_thread"] = typeof(ThreadRecord),
        ["sf_frame"] = typeof(FrameRecord),
        ["sf_function"] = typeof(FunctionRecord),
        ["sf_type"] = typeof(TypeRecord),
        ["sf_module"] = typeof(ModuleRecord),
        ["sf_lock"] = typeof(LockRecord),
        ["sf_wait"] = typeof(WaitRecord),
        ["sf_held"] = typeof(HeldRecord),
        ["sf_object"] = typeof(ObjectRecord),
        ["sf_reference"] = typeof(ReferenceRecord),
        ["sf_busy"] = typeof(BusyRecord),
        ["sf_queued"] = typeof(QueuedRecord),
        ["sf_due_timer"] = typeof(DueTimerRecord),
        ["sf_exception"] = typeof(ExceptionRecord),
        ["sf_blocker"] = typeof(BlockerRecord),
        ["sf_heap"] = typeof(HeapRecord),
        ["sf_heap_object"] = typeof(HeapObjectRecord),
        ["sf_heap_layout"] = typeof(HeapLayoutRecord),
        ["sf_heap_field"] = typeof(HeapFieldRecord),
        ["sf_running"] = typeof(RunningRecord),
        ["sf_posted"] = typeof(PostedRecord),
        ["sf_suspension"] = typeof(SuspensionRecord),
        ["sf_pool"] = typeof(PoolRecord),
    };

    [Fact]
    public void MirrorsTheHeaderFieldByField()
    {
        string[] native = NativeProgram.CompileAndRun(["tests/layout.c"]);
        Assert.Equal($"version - {SnapshotConstants.VersionMajor} {SnapshotConstants.VersionMinor}", native[0]);
        Assert.Equal($"seen - {SnapshotConstants.MostSeen} {TimeSpan.NanosecondsPerTick}", native[1]);

        var mirrored = new List<string> { native[0], native[1] };
        foreach (string name in native.Skip(2).Select(line => line.Split(' ')[0]).Distinct())
        {
            Type type = Mirrors[name];
            mirrored.Add($"{name} - 0 {Marshal.SizeOf(type)}");
            FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Public);
            foreach (FieldInfo field in fields)
                mirrored.Add($"{name} {SnakeCase(field.Name)} {Marshal.OffsetOf(type, field.Name)} {SizeOf(field)}");
        }
        Assert.Equal(native, mirrored);
        Assert.Equal(Mirrors.Keys.Order(), native.Skip(2).Select(line => line.Split(' ')[0]).Distinct().Order());
    }

    [Theory]
    [InlineData("sf_section", typeof(SectionKind))]
    [InlineData("sf_phase", typeof(CapturePhase))]
    [InlineData("sf_info_flags", typeof(InfoFlags))]
    [InlineData("sf_thread_flags", typeof(ThreadFlags))]
    [InlineData("sf_blocker_flags", typeof(BlockerFlags))]
    [InlineData("sf_frame_flags", typeof(FrameFlags))]
    [InlineData("sf_function_flags", typeof(FunctionFlags))]
    [InlineData("sf_type_flags", typeof(TypeFlags))]
    [InlineData("sf_module_flags", typeof(ModuleFlags))]
    [InlineData("sf_request_flags", typeof(RequestFlags))]
    [InlineData("sf_lock_kind", typeof(LockRecordKind))]
    [InlineData("sf_lock_flags", typeof(LockFlags))]
    [InlineData("sf_wait_kind", typeof(WaitRecordKind))]
    [InlineData("sf_held_flags", typeof(HeldFlags))]
    [InlineData("sf_class", typeof(ProfilerClass))]
    [InlineData("sf_part", typeof(SnapshotParts))]
    [InlineData("sf_heap_status", typeof(HeapStatus))]
    [InlineData("sf_heap_flags", typeof(HeapFlags))]
    [InlineData("sf_heap_object_flags", typeof(HeapObjectFlags))]
    [InlineData("sf_heap_layout_flags", typeof(HeapLayoutFlags))]
    [InlineData("sf_posted_flags", typeof(PostedFlags))]
    [InlineData("sf_object_kind", typeof(ObjectRecordKind))]
    [InlineData("sf_reference_flags", typeof(ReferenceFlags))]
    public void MirrorsTheHeadersEnumerations(string name, Type type)
    {
        string header = string.Concat(((string[])["wire/abi.h", "wire/abi_heap.h", "wire/abi_pool.h"]).Select(file => File.ReadAllText(Path.Combine(NativeProgram.Directory, file))));
        int start = header.IndexOf($"enum {name} {{", StringComparison.Ordinal);
        string body = header[start..header.IndexOf('}', start)];
        var values = new List<uint>();
        foreach (string line in body.Split('\n').Skip(1).Where(l => l.Contains('=')))
        {
            string value = line.Split('=')[1].Split(',')[0].Trim();
            values.Add(value.StartsWith("1u << ", StringComparison.Ordinal)
                ? 1u << int.Parse(value[6..], CultureInfo.InvariantCulture)
                : uint.Parse(value, CultureInfo.InvariantCulture));
        }
        Assert.NotEmpty(values);
        Assert.Equal(values.Order(), Enum.GetValuesAsUnderlyingType(type).Cast<uint>().Order());
    }

    private static int SizeOf(FieldInfo field) => field.FieldType switch
    {
        { IsEnum: true } type => Marshal.SizeOf(Enum.GetUnderlyingType(type)),
        { } type when field.GetCustomAttribute<System.Runtime.CompilerServices.FixedBufferAttribute>() is { } buffer =>
            buffer.Length * Marshal.SizeOf(buffer.ElementType),
        { } type => Marshal.SizeOf(type),
    };

    private static string SnakeCase(string name) => name switch
    {
        "ILOffset" => "il_offset",
        "ILPlaces" => "il_places",
        "ILNext" => "il_next",
        "HResult" => "hresult",
        _ => string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString())),
    };
}
