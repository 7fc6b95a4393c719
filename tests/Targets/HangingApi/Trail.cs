using System.Runtime.CompilerServices;

namespace HangingApi;

/// <summary>Where a request has come by on its way to where it hangs.</summary>
internal sealed class Trail(Hanging hanging)
{
    private string _calls = "";

    /// <summary>Marks this line, which awaits what gets the trail.</summary>
    public Trail Here<TDeclaring>([CallerMemberName] string member = "", [CallerLineNumber] int line = 0)
    {
        string call = $"{typeof(TDeclaring).FullName}.{member}:{line}";
        _calls = _calls.Length == 0 ? call : $"{call} < {_calls}";
        return this;
    }

    /// <summary>Says that it hangs here.</summary>
    public T Hang<T>(T awaited)
    {
        hanging.Add(_calls);
        return awaited;
    }

    /// <inheritdoc cref="Hang{T}(T)"/>
    public ValueTask<T> Hang<T>(ValueTask<T> awaited)
    {
        hanging.Add(_calls);
        return awaited;
    }
}
