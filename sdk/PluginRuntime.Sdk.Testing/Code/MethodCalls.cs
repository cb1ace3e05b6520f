using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace PluginRuntime.Sdk.Testing.Code;

/// <summary>Reads from an assembly's IL, without loading it, which members of other assemblies its methods use.</summary>
internal static class MethodCalls
{
    private static readonly Dictionary<short, OperandType> _operands = typeof(OpCodes).GetFields()
        .Where(field => field.FieldType == typeof(OpCode)).Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value, code => code.OperandType);

    /// <returns>The method, and the full name of the type whose member it uses; each pair once.</returns>
    internal static IReadOnlySet<(string Method, string Type)> Of(string assembly)
    {
        using var stream = File.OpenRead(assembly);
        using var image = new PEReader(stream);
        var found = new HashSet<(string, string)>();
        if (!image.HasMetadata)
        {
            return found;
        }

        var reader = image.GetMetadataReader();
        foreach (var handle in reader.MethodDefinitions)
        {
            var method = reader.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0)
            {
                continue;
            }

            var name = $"{NameOf(reader, method.GetDeclaringType())}.{reader.GetString(method.Name)}";
            foreach (var token in Tokens(image.GetMethodBody(method.RelativeVirtualAddress).GetILReader()))
            {
                if (TypeOf(reader, token) is { } type)
                {
                    found.Add((name, type));
                }
            }
        }

        return found;
    }

    private static List<EntityHandle> Tokens(BlobReader code)
    {
        var tokens = new List<EntityHandle>();
        while (code.RemainingBytes > 0)
        {
            short value = code.ReadByte();
            if (value == 0xFE)
            {
                value = (short)((0xFE << 8) | code.ReadByte());
            }

            switch (_operands[value])
            {
                case OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok or OperandType.InlineField:
                    tokens.Add(MetadataTokens.EntityHandle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += sizeof(int) * targets;
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    code.Offset += sizeof(long);
                    break;
                case OperandType.InlineBrTarget or OperandType.InlineI or OperandType.InlineSig or OperandType.InlineString or OperandType.ShortInlineR:
                    code.Offset += sizeof(int);
                    break;
                case OperandType.InlineVar:
                    code.Offset += sizeof(short);
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    code.Offset += sizeof(byte);
                    break;
            }
        }

        return tokens;
    }

    private static string? TypeOf(MetadataReader reader, EntityHandle token) => token.Kind switch
    {
        HandleKind.MethodSpecification => TypeOf(reader, reader.GetMethodSpecification((MethodSpecificationHandle)token).Method),
        HandleKind.MemberReference => TypeOf(reader, reader.GetMemberReference((MemberReferenceHandle)token).Parent),
        HandleKind.TypeReference => NameOf(reader, reader.GetTypeReference((TypeReferenceHandle)token)),
        _ => null,
    };

    private static string NameOf(MetadataReader reader, TypeReference type) => $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";

    // What the compiler makes of lambdas, iterators and async methods lies in a type of its own; the author knows the one around it.
    private static string NameOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{NameOf(reader, outer)}.{reader.GetString(type.Name)}"
            : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}".TrimStart('.');
    }
}
