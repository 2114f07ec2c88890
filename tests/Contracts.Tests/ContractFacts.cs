using Google.Protobuf.Reflection;
using LabelKind = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Label;

namespace BuildFarm.Contracts.Tests;

/// <summary>
/// Writes what a descriptor promises on the wire as lines of <c>name = facts</c>: packages and namespaces of files, numbers, types and labels of
/// fields, values of enums, shapes of methods. The golden table beside this file has the same lines for the upstream contracts.
/// </summary>
internal static class ContractFacts
{
    public static IEnumerable<string> Of(FileDescriptorProto file)
    {
        var space = file.Options is { HasCsharpNamespace: true } options ? $" as {options.CsharpNamespace}" : "";
        yield return $"{file.Name} = {file.Package}{space}";
        foreach (var line in file.MessageType.SelectMany(message => OfMessage(file.Package, message)))
            yield return line;
        foreach (var line in file.EnumType.SelectMany(type => OfEnum(file.Package, type)))
            yield return line;
        foreach (var extension in file.Extension)
            yield return $"{file.Package}.{extension.Name} = {extension.Number} {TypeOf(extension)} {LabelOf(extension)} extends {extension.Extendee[1..]}";
        foreach (var service in file.Service)
        {
            foreach (var method in service.Method)
            {
                var input = (method.ClientStreaming ? "stream " : "") + method.InputType[1..];
                var output = (method.ServerStreaming ? "stream " : "") + method.OutputType[1..];
                yield return $"{file.Package}.{service.Name}.{method.Name} = {input} -> {output}";
            }
        }
    }

    private static IEnumerable<string> OfMessage(string scope, DescriptorProto message)
    {
        var name = $"{scope}.{message.Name}";
        yield return $"{name} = message";
        foreach (var field in message.Field)
        {
            var presence = field.Proto3Optional ? " presence" : field.HasOneofIndex ? " oneof " + message.OneofDecl[field.OneofIndex].Name : "";
            yield return $"{name}.{field.Name} = {field.Number} {TypeOf(field)} {LabelOf(field)}{presence}";
        }

        foreach (var line in message.NestedType.SelectMany(nested => OfMessage(name, nested)))
            yield return line;
        foreach (var line in message.EnumType.SelectMany(nested => OfEnum(name, nested)))
            yield return line;
    }

    private static IEnumerable<string> OfEnum(string scope, EnumDescriptorProto type) =>
        type.Value.Select(value => $"{scope}.{type.Name}.{value.Name} = {value.Number}");

    private static string TypeOf(FieldDescriptorProto field) =>
        field.HasTypeName ? field.TypeName[1..] : field.Type.ToString().ToLowerInvariant();

    private static string LabelOf(FieldDescriptorProto field) => field.Label == LabelKind.Repeated ? "repeated" : "optional";
}
