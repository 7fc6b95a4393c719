namespace Stackflare.Runtime.Stacks;

/// <summary>How the registers of a caller are restored at one instruction of native code.</summary>
internal sealed class FrameRules
{
    private const int ReturnAddress = 16, Columns = 17, MaxSaved = 32, MaxInstructions = 4096;
    private const ulong MaxBytes = 1 << 20;

    /// <summary>The numbers of registers in these tables, in the order of those in unwind codes.</summary>
    private static readonly int[] Numbers = [0, 2, 1, 3, 6, 7, Registers.Rbp, Registers.Rsp, 8, 9, 10, 11, 12, 13, 14, 15];

    private enum How
    {
        Unchanged,
        AtOffset,
        AtExpression,
        Undefined,
        IsExpression,
        InRegister,
    }

    private readonly record struct Rule(How How, long Value);

    private sealed record State(Rule[] Rules, int Register, long Offset, ulong Expression);

    private readonly ProcessMemory _memory;
    private readonly ulong _ip;
    private ulong _location, _codeUnit;
    private long _dataUnit;
    private byte _encoding;
    private Rule[] _rules = new Rule[Columns];
    private Rule[] _initial = new Rule[Columns];
    private int _frameRegister;
    private long _frameOffset;
    private ulong _frameExpression;
    private int _instructions;

    private FrameRules(ProcessMemory memory, ulong ip)
    {
        _memory = memory;
        _ip = ip;
    }

    /// <summary>Whether the function is the one that returns from a signal handler.</summary>
    public bool IsSignal { get; private set; }

    /// <summary>The rules at an address in the function of a description; null if it is not in it.</summary>
    /// <exception cref="MissingMemoryException">A part is missing or damaged.</exception>
    public static FrameRules? At(ProcessMemory memory, ulong description, ulong ip)
    {
        var rules = new FrameRules(memory, ip);
        return rules.Read(description) ? rules : null;
    }

    /// <summary>Restores the registers. False at the end of a stack.</summary>
    /// <exception cref="MissingMemoryException">A part of the stack is missing.</exception>
    public bool TryApply(ProcessMemory memory, ref Registers registers)
    {
        Registers callee = registers;
        ulong frame = _frameExpression != 0 ? DwarfExpression.Evaluate(memory, _frameExpression, callee, null) : Value(callee, _frameRegister) + (ulong)_frameOffset;
        if (_rules[ReturnAddress].How == How.Undefined)
            return false;
        registers.Sp = frame;
        for (int i = 0; i < Columns; i++)
        {
            (How how, long value) = _rules[i];
            ulong? restored = how switch
            {
                How.AtOffset => memory.Pointer(frame + (ulong)value),
                How.AtExpression => memory.Pointer(DwarfExpression.Evaluate(memory, (ulong)value, callee, frame)),
                How.IsExpression => DwarfExpression.Evaluate(memory, (ulong)value, callee, frame),
                How.InRegister => Value(callee, (int)value),
                _ => null,
            };
            if (restored is not { } known)
                continue;
            if (i == ReturnAddress)
                registers.Ip = known;
            else
                registers[Numbers[i]] = known;
        }
        return true;
    }

    /// <summary>A register by its number in these tables.</summary>
    internal static ulong Value(in Registers registers, int number) =>
        number is >= 0 and < ReturnAddress ? registers[Numbers[number]] : number == ReturnAddress ? registers.Ip : throw new MissingMemoryException(0);

    private bool Read(ulong description)
    {
        uint length = Length(description);
        ulong end = description + 4 + length, common = description + 4 - _memory.Read<uint>(description + 4);
        bool hasMore = ReadCommon(common, out ulong code, out ulong codeEnd);
        var reader = new DwarfReader(_memory, description + 8);
        ulong start = reader.Pointer(_encoding, 0), range = reader.Pointer((byte)(_encoding & 0xF), 0);
        if (_ip < start || _ip - start >= range)
            return false;
        if (hasMore)
        {
            ulong more = reader.Unsigned();
            reader.At += more;
        }
        _location = start;
        Run(code, codeEnd, isCommon: true);
        _initial = (Rule[])_rules.Clone();
        Run(reader.At, end, isCommon: false);
        return true;
    }

    /// <summary>Reads what functions have in common. Returns whether their descriptions have additional data.</summary>
    private bool ReadCommon(ulong common, out ulong code, out ulong end)
    {
        end = common + 4 + Length(common);
        var reader = new DwarfReader(_memory, common + 9);
        string augmentation = _memory.Utf8Text(reader.At);
        reader.At += (ulong)augmentation.Length + 1;
        _codeUnit = reader.Unsigned();
        _dataUnit = reader.Signed();
        reader.Unsigned();
        bool hasMore = augmentation.StartsWith('z');
        code = reader.At;
        if (!hasMore)
            return false;
        ulong length = reader.Unsigned();
        code = reader.At + length;
        foreach (char part in augmentation.AsSpan(1))
        {
            switch (part)
            {
                case 'R':
                    _encoding = reader.Next<byte>();
                    break;
                case 'P':
                    reader.Pointer((byte)(reader.Next<byte>() & 0x7F), 0);
                    break;
                case 'L':
                    reader.Next<byte>();
                    break;
                case 'S':
                    IsSignal = true;
                    break;
            }
        }
        return true;
    }

    private uint Length(ulong at) => _memory.Read<uint>(at) is var length and > 0 and < (uint)MaxBytes ? length : throw new MissingMemoryException(at);

    /// <summary>Runs instructions up to the one for the address.</summary>
    private void Run(ulong from, ulong end, bool isCommon)
    {
        var reader = new DwarfReader(_memory, from);
        var saved = new Stack<State>();
        while (reader.At < end && (isCommon || _location <= _ip))
        {
            if (++_instructions > MaxInstructions || saved.Count > MaxSaved)
                throw new MissingMemoryException(reader.At);
            byte code = reader.Next<byte>();
            int low = code & 0x3F;
            switch (code >> 6)
            {
                case 1:
                    _location += (ulong)low * _codeUnit;
                    break;
                case 2:
                    Set(low, How.AtOffset, (long)reader.Unsigned() * _dataUnit);
                    break;
                case 3:
                    Restore(low);
                    break;
                default:
                    RunOther(low, ref reader, saved);
                    break;
            }
        }
    }

    private void RunOther(int code, ref DwarfReader reader, Stack<State> saved)
    {
        switch (code)
        {
            case 0x00:
                break;
            case 0x01:
                _location = reader.Pointer(_encoding, 0);
                break;
            case 0x02:
                _location += reader.Next<byte>() * _codeUnit;
                break;
            case 0x03:
                _location += reader.Next<ushort>() * _codeUnit;
                break;
            case 0x04:
                _location += reader.Next<uint>() * _codeUnit;
                break;
            case 0x05:
                Set((int)reader.Unsigned(), How.AtOffset, (long)reader.Unsigned() * _dataUnit);
                break;
            case 0x06:
                Restore((int)reader.Unsigned());
                break;
            case 0x07:
                Set((int)reader.Unsigned(), How.Undefined, 0);
                break;
            case 0x08:
                Set((int)reader.Unsigned(), How.Unchanged, 0);
                break;
            case 0x09:
                Set((int)reader.Unsigned(), How.InRegister, (long)reader.Unsigned());
                break;
            case 0x0A:
                saved.Push(new State((Rule[])_rules.Clone(), _frameRegister, _frameOffset, _frameExpression));
                break;
            case 0x0B:
                (_rules, _frameRegister, _frameOffset, _frameExpression) = saved.Count > 0 ? saved.Pop() : throw new MissingMemoryException(reader.At);
                break;
            case 0x0C:
                (_frameRegister, _frameOffset, _frameExpression) = ((int)reader.Unsigned(), (long)reader.Unsigned(), 0);
                break;
            case 0x0D:
                (_frameRegister, _frameExpression) = ((int)reader.Unsigned(), 0);
                break;
            case 0x0E:
                _frameOffset = (long)reader.Unsigned();
                break;
            case 0x0F:
                _frameExpression = Expression(ref reader);
                break;
            case 0x10:
                Set((int)reader.Unsigned(), How.AtExpression, (long)Expression(ref reader));
                break;
            case 0x11:
                Set((int)reader.Unsigned(), How.AtOffset, reader.Signed() * _dataUnit);
                break;
            case 0x12:
                (_frameRegister, _frameOffset, _frameExpression) = ((int)reader.Unsigned(), reader.Signed() * _dataUnit, 0);
                break;
            case 0x13:
                _frameOffset = reader.Signed() * _dataUnit;
                break;
            case 0x16:
                Set((int)reader.Unsigned(), How.IsExpression, (long)Expression(ref reader));
                break;
            case 0x2E: // the size of arguments
                reader.Unsigned();
                break;
            default:
                throw new MissingMemoryException(reader.At);
        }
    }

    private static ulong Expression(ref DwarfReader reader)
    {
        ulong at = reader.At, length = reader.Unsigned();
        reader.At += length;
        return at;
    }

    private void Set(int column, How how, long value)
    {
        if (column is >= 0 and < Columns)
            _rules[column] = new Rule(how, value);
    }

    private void Restore(int column)
    {
        if (column is >= 0 and < Columns)
            _rules[column] = _initial[column];
    }
}
